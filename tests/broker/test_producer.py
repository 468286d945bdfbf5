from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import kombu
import pytest
from kombu import Exchange, Queue

from hardy.broker.producer import LedgerProducer, queue_of
from hardy.ledger.models import Job
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import jobs, the_job


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add")
    def add(x, y=0):
        return x + y

    return add


@pytest.fixture
def post_office(app: Any) -> Any:
    """An app with queues on exchanges of every kind."""
    letters, news = Exchange("letters", type="topic"), Exchange("news", type="fanout")
    app.conf.task_queues = [
        Queue("celery"),
        Queue("mail", Exchange("mail"), routing_key="mail"),
        Queue("inland", letters, routing_key="letter.inland.#"),
        Queue("abroad", letters, routing_key="letter.abroad.*"),
        Queue("tv", news),
        Queue("radio", news),
    ]
    return app


@pytest.mark.parametrize(
    ("exchange", "routing_key", "queue"),
    [
        ("", "anything", "anything"),
        ("mail", "mail", "mail"),
        ("mail", "other", None),
        ("letters", "letter.inland.express.now", "inland"),
        ("letters", "letter.abroad.express", "abroad"),
        ("letters", "parcel", None),
        ("news", "", None),
        ("nowhere", "x", None),
    ],
)
def test_the_one_queue_that_receives_a_message_is_found_as_a_broker_would(
    post_office, exchange, routing_key, queue
):
    assert queue_of(post_office, exchange, routing_key) == queue


def test_a_task_is_written_to_the_queue_it_was_sent_to(post_office, add):
    add.apply_async((1,), queue="mail")
    add.apply_async((2,), exchange="letters", routing_key="letter.abroad.express")

    assert sorted(Job.objects.using(ALIAS).values_list("queue", flat=True)) == ["abroad", "mail"]


def test_a_countdown_and_an_eta_are_due_times(app, add):
    by_countdown = add.apply_async((1,), countdown=3600)
    by_eta = add.apply_async((1,), eta=datetime.now(UTC) + timedelta(hours=1))

    for asked in (by_countdown, by_eta):
        job = the_job(asked.id)
        assert job.state == "held"
        assert job.due_at - job.enqueued_at == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=10))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_an_eta_without_a_zone_is_utc_whatever_the_projects_zone(app, add, zone):
    app.conf.update(timezone=zone, enable_utc=False)
    naive = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=20)

    job = the_job(add.apply_async((1,), eta=naive).id)

    assert job.state == "held"
    assert job.due_at - job.enqueued_at == pytest.approx(timedelta(hours=20), abs=timedelta(minutes=1))


def test_an_eta_that_has_passed_may_start_at_once(app, add):
    add.apply_async((1,), eta=datetime.now(UTC) - timedelta(hours=1))

    assert list(jobs().values()) == ["queued"]


def test_a_priority_is_a_column_and_still_a_property(app, add):
    asked = add.apply_async((1,), priority=7)

    job = the_job(asked.id)
    assert (job.priority, json.loads(job.message)["properties"]["priority"]) == (7, 7)


def test_the_same_id_sent_twice_is_asked_once(app, add):
    add.apply_async((1,), task_id="job-1")
    add.apply_async((2,), task_id="job-1")

    assert drain(app) == 1
    assert app.AsyncResult("job-1").result == 1


def test_steering_is_no_part_of_the_message(app, add):
    add.apply_async((1,), retry=True, retry_policy={"max_retries": 3}, mandatory=True, expires=60)

    properties = json.loads(Job.objects.using(ALIAS).get().message)["properties"]
    assert {"retry", "retry_policy", "mandatory", "expiration"}.isdisjoint(properties)


def test_a_channel_is_lent_only_while_something_is_sent(app):
    producer = LedgerProducer(app, None)

    assert producer.channel is producer.channel
    producer.release()
    producer.release()
    assert producer._lent is None


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a tracer sees that wraps Kombu's `Producer.publish`, as Sentry, New Relic and OpenTelemetry do."""
    seen: list[Any] = []
    publish = kombu.Producer.publish

    def wrapped(self: Any, body: Any, *args: Any, **options: Any) -> Any:
        headers = options.get("headers") or {}
        driver = self.connection.transport.driver_type
        seen.append((headers.get("task"), headers.get("id"), options.get("routing_key"), driver))
        return publish(self, body, *args, **options)

    monkeypatch.setattr(kombu.Producer, "publish", wrapped)
    return seen


@pytest.mark.parametrize(
    ("broker", "driver"), [("hardy://", "hardy"), ("redis://nowhere", "redis"), ("amqp://nowhere", "amqp")]
)
def test_a_tracer_sees_each_task_published_once(app, add, traced, broker, driver):
    app.conf.broker_url = broker

    sent = add.apply_async((1,), queue="mail")

    assert traced == [("shop.add", sent.id, "mail", driver)]
    assert jobs() == {sent.id: "queued" if driver == "hardy" else "held"}


def test_a_tracer_sees_a_broadcast_once(post_office, add, traced):
    post_office.conf.broker_url = "memory://"

    add.apply_async((1,), exchange="news", routing_key="any")

    assert [task for task, *_ in traced] == ["shop.add"]


def test_what_a_tracer_adds_to_the_headers_arrives(app, add, monkeypatch):
    publish = kombu.Producer.publish
    monkeypatch.setattr(
        kombu.Producer,
        "publish",
        lambda self, body, **options: publish(
            self, body, **{**options, "headers": {**options["headers"], "traceparent": "00-1-2-01"}}
        ),
    )

    add.delay(1)

    assert json.loads(Job.objects.using(ALIAS).get().message)["headers"]["traceparent"] == "00-1-2-01"
