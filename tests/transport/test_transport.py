"""``hardy://`` as Kombu sees it, on one connection in the test's own thread, and under a whole worker in another."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import celery
import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import worker_shutdown
from django.db import connections, transaction
from kombu import Connection, Consumer, Exchange, Queue
from kombu.asynchronous import Hub, set_event_loop
from kombu.common import Broadcast

from hardy.errors import LedgerMissing
from hardy.ledger import identity
from hardy.ledger.models import Job, Lease, Worker
from hardy.transport import Transport, prefetch
from hardy.transport.models import Binding, MailboxMessage
from tests.contracts.databases import ALIAS, known_as
from tests.contracts.rows import asked, jobs, outcomes
from tests.waiting import until


@pytest.fixture
def connection(app: Any) -> Any:
    with Connection("hardy://") as connection:
        yield connection


@pytest.fixture
def received(connection: Any) -> Any:
    """A consumer of the queue "default", and what it got."""
    got: list[Any] = []
    consumer = Consumer(
        connection.default_channel,
        [Queue("default")],
        on_message=got.append,
        accept=["json"],
        prefetch_count=2,
    )
    consumer.got = got
    with consumer:
        yield consumer


def ids(messages: list[Any]) -> list[str]:
    return [message.headers["id"] for message in messages]


def test_it_is_found_by_its_name_and_shows_no_address(connection):
    assert isinstance(connection.transport, Transport)
    assert connection.as_uri() == "hardy://"
    assert connection.info()["transport"] == "hardy"
    assert connection.transport.driver_version()


def test_a_missing_ledger_is_named_when_one_connects(app, tmp_path):
    with known_as(ALIAS, f"sqlite:///{tmp_path / 'empty.sqlite3'}"):
        with pytest.raises(LedgerMissing, match="migrate hardy"), Connection("hardy://") as connection:
            connection.connect()
        connections[ALIAS].close()


def test_rows_are_delivered_within_the_prefetch_limit_and_more_when_one_is_done(connection, received):
    for number in range(4):
        asked(f"job-{number}")

    connection.drain_events(timeout=5)
    assert len(received.got) == 2
    assert sorted(jobs().values()) == ["queued", "queued", "reserved", "reserved"]

    received.got[0].ack()
    connection.drain_events(timeout=5)
    assert ids(received.got) == ["job-0", "job-1", "job-2"]


def test_while_tasks_are_short_rows_are_taken_along_and_given_back_once_they_are_long(
    connection, received, monkeypatch
):
    monkeypatch.setattr(
        prefetch, "PREFETCH_SECONDS", 10.0
    )  # on the slowest machine a test is fast enough for this
    for number in range(100):
        asked(f"job-{number:03}")
    hub = Hub()
    set_event_loop(hub)
    connection.register_with_event_loop(hub)
    taken_along: list[int] = []

    def work(message: Any) -> None:
        """Be quick until more rows are reserved than the prefetch limit; from then on hold what comes."""
        received.got.append(message)
        reserved = list(jobs().values()).count("reserved")
        if reserved > 3:
            taken_along.append(reserved)
        if not taken_along:
            message.ack()
            asked_and_over(message)

    received.on_message = work
    try:
        rounds = hub.create_loop()
        until(lambda: next(rounds) or taken_along)
        held = len(received.got)
        until(lambda: next(rounds) or list(jobs().values()).count("reserved") <= 2)
    finally:
        hub.close()
        set_event_loop(None)

    assert len(received.got) <= held + 2  # nothing past the prefetch limit was delivered
    assert len(ids(received.got)) == len(set(ids(received.got)))


def asked_and_over(message: Any) -> None:
    """The row leaves the ledger, as its end would have it."""
    Job.objects.filter(id=message.headers["id"]).delete()


@pytest.mark.parametrize("queues", [["a", "b"], ["a", "b", "c"]])
def test_with_room_for_one_row_at_a_time_queues_take_turns(connection, queues):
    for queue, number in itertools.product(queues, range(3)):
        asked(f"{queue}{number}", queue=queue)
    asked("urgent", queue=queues[-1], priority=9)
    got: list[Any] = []
    consumer = Consumer(
        connection.default_channel,
        [Queue(name) for name in queues],
        on_message=got.append,
        accept=["json"],
        prefetch_count=1,
    )

    with consumer:
        for number in range(len(queues) * 3 + 1):
            connection.drain_events(timeout=5)
            asked_and_over(got[number])
            got[number].ack()

    assert ids(got) == ["urgent", *[f"{queue}{number}" for number in range(3) for queue in queues]]


def test_a_delivery_carries_its_stamp_and_where_it_came_from(connection, received):
    asked("job-1")

    connection.drain_events(timeout=5)

    [message] = received.got
    assert message.headers["hardy"] == {"token": 0, "attempts": 0, "eta": None}
    assert message.delivery_info["routing_key"] == "default"
    assert message.decode() == [[1], {}, {}]


def test_waiting_in_vain_says_so(connection, received):
    with pytest.raises(TimeoutError):
        connection.drain_events(timeout=0.05)


def test_what_another_thread_asks_for_wakes_who_waits(connection, received):
    def ask() -> None:
        asked("job-1")
        connections.close_all()

    other = threading.Thread(target=ask)
    other.start()
    connection.drain_events(timeout=20)
    other.join()

    assert ids(received.got) == ["job-1"]


def test_a_rejected_delivery_goes_back_if_it_is_to_be_queued_again(connection, received):
    asked("job-1")
    connection.drain_events(timeout=5)

    received.got[0].reject(requeue=True)

    assert jobs() == {"job-1": "queued"}


def test_who_stops_consuming_gives_back_what_was_not_started(connection, received):
    asked("job-1")
    connection.drain_events(timeout=5)

    received.cancel()

    assert jobs() == {"job-1": "queued"}


def test_rows_cannot_be_fetched_by_hand(connection):
    with pytest.raises(NotImplementedError, match="basic_get"):
        connection.default_channel.basic_get("default")


def test_a_task_published_past_the_send_seam_becomes_a_row_and_keeps_its_time(app, connection):
    producer = connection.Producer()
    body = ((1,), {}, {})
    for id, eta in (("now", None), ("later", (datetime.now(UTC) + timedelta(hours=1)).isoformat())):
        headers = {"id": id, "task": "shop.add", "eta": eta}
        producer.publish(body, routing_key="default", headers=headers, priority=3, serializer="json")

    assert jobs() == {"now": "queued", "later": "held"}
    assert Job.objects.using(ALIAS).get(id="now").priority == 3


def test_a_stock_app_on_the_ledger_loses_nothing_either(app):
    stock = celery.Celery("stock", broker="hardy://", set_as_current=False)
    stock.conf.task_default_queue = "default"

    stock.send_task("shop.add", (1, 2), task_id="job-1")

    assert jobs() == {"job-1": "queued"}


def test_the_size_of_a_queue_is_what_waits_in_it_and_purging_empties_it(connection):
    asked("job-1")
    channel = connection.default_channel
    queue = Queue("default")(channel)

    assert queue.queue_declare(passive=False).message_count == 1
    assert queue.purge() == 1
    assert jobs() == {}


def test_a_broadcast_reaches_every_reader_and_leaves_no_row(app, connection):
    got: list[str] = []
    queues = [Broadcast("news", queue=name, unique=False) for name in ("one", "two")]
    channel = connection.channel()
    consumers = [
        Consumer(channel, [queue], on_message=lambda message, name=queue.name: got.append(name), no_ack=True)
        for queue in queues
    ]
    for consumer in consumers:
        consumer.consume()

    with transaction.atomic(using=ALIAS):  # SQLite: the same connection, or it would wait for itself
        connection.Producer().publish({}, exchange=Exchange("news", type="fanout"), routing_key="")
    until(lambda: _drained(connection) and len(got) == 2)

    assert sorted(got) == ["one", "two"]
    assert jobs() == {}
    channel.close()
    assert not Binding.objects.using(ALIAS).exists()
    assert not MailboxMessage.objects.using(ALIAS).exists()


def _drained(connection: Any) -> bool:
    with suppress(TimeoutError):
        connection.drain_events(timeout=0.05)
    return True


# A whole worker, in a thread of this process


@pytest.fixture
def worker(app: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    @app.task(name="shop.add")
    def add(x, y):
        return x + y

    @app.task(name="shop.fail")
    def fail():
        raise ValueError("no such order")

    app.conf.worker_enable_remote_control = True
    # Celery before 5.7 takes no name for this worker and makes one up.
    monkeypatch.setattr("celery.contrib.testing.worker.anon_nodename", lambda: "celery@test")
    try:
        with start_worker(app, perform_ping_check=False, pool="solo") as worker:
            yield worker
    finally:
        connections.close_all()
        leave()


def leave() -> None:
    """What the worker's main thread says when it ends; this one ended in another thread."""
    worker_shutdown.send(sender=None)


def test_a_worker_runs_what_is_asked_for_and_is_in_the_fleet_while_it_lives(app, worker):
    good, bad = app.tasks["shop.add"].delay(1, 2), app.tasks["shop.fail"].delay()

    until(lambda: good.state == "SUCCESS" and bad.state == "FAILURE")
    assert good.result == 3
    assert (outcomes(good.id), outcomes(bad.id)) == (["succeeded"], ["failed"])
    [row] = Worker.objects.using(ALIAS).all()
    assert (row.name, row.kind, row.queues) == ("celery@test", "worker", "celery")

    leave()
    assert not Worker.objects.using(ALIAS).exists()
    assert not Lease.objects.using(ALIAS).exclude(holder="").exists()


def test_a_worker_answers_to_remote_control(app, worker):
    assert until(lambda: app.control.ping(timeout=2)) == [{"celery@test": {"ok": "pong"}}]
    stats = app.control.inspect(timeout=2).stats()
    assert stats["celery@test"]["broker"]["transport"] == "hardy"


def test_a_delayed_task_runs_when_its_time_has_come(app, worker):
    asked = app.tasks["shop.add"].apply_async((1, 2), countdown=0.3)

    assert asked.state == "PENDING"
    until(lambda: asked.state == "SUCCESS")


def test_an_expired_task_is_cancelled_and_not_run(app, worker):
    asked = app.tasks["shop.add"].apply_async((1, 2), expires=-60)

    until(lambda: outcomes(asked.id))
    assert outcomes(asked.id) == ["cancelled"]
    assert asked.state == "REVOKED"


def test_a_process_has_one_name_for_its_life(app, worker):
    assert identity.name() == Worker.objects.using(ALIAS).get().id
    assert not identity.is_inherited()
