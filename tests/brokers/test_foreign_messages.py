"""Messages that hardy did not send, that a worker does not know, or that nobody can read."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from celery import Celery
from kombu import Connection, Exchange

from tests.acceptance.depot import Depot, hardy
from tests.brokers.kinds import RABBITMQ, REDIS
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants
from tests.waiting import until


def test_a_message_from_a_producer_without_hardy_enters_the_ledger_and_runs_once(plant: Depot) -> None:
    plant.worker()

    twice = str(uuid.uuid4())
    job = stock(plant, "depot.record", "from stock")
    plant.wait_until_over(job)
    until(lambda: plant.outcomes(job) == ["succeeded"], otherwise="it did not run")
    for _ in range(2):
        stock(plant, "depot.record", "twice", task_id=twice)
        until(lambda: plant.outcomes(twice) == ["succeeded"], otherwise="it did not run")
    survivor = stock(plant, "depot.kill_child", "survived")
    until(lambda: plant.outcomes(survivor) == ["lost", "succeeded"], otherwise="it did not survive")
    until(lambda: plant.broker.waiting(plant.queue) == 0, otherwise="messages are left")

    plant.wait_until_over(plant.send("record", "the next"))
    assert len(plant.effects("from stock", job)) == 1
    assert len(plant.effects("twice", twice)) == 1
    assert plant.result(job) == ["SUCCESS", "from stock"]


def test_a_compressed_message_of_a_producer_without_hardy_is_kept_readable(plant: Depot) -> None:
    plant.worker(DEPOT_HARDY=hardy(UNKNOWN_TASK_GRACE=1))

    survivor = stock(plant, "depot.kill_child", "survived", compression="gzip")
    unknown = stock(plant, "plant.newer", "newer", compression="gzip")

    until(lambda: plant.outcomes(survivor) == ["lost", "succeeded"], otherwise="it did not survive")
    until(lambda: plant.letter(unknown), otherwise="no dead letter")
    assert plant.run(ARGUMENTS, job=unknown) == ["newer"]


ARGUMENTS = """
from hardy.dead_letters.presenters import contents_of
list(contents_of(ledger.DeadLetter.objects.get(job=job)).args)
"""


@pytest.mark.parametrize("key", ["nobody's", "y" * 300, "", 5, {"a": 1}])
@pytest.mark.parametrize("kind", [REDIS])
def test_a_message_that_says_it_came_by_another_queue_runs_and_survives_like_any_other(
    plant: Depot, key: Any
) -> None:
    """On Redis it is the message itself that says how it was sent."""
    plant.worker()

    job = stock_by(plant, {"exchange": "", "routing_key": key})

    until(lambda: plant.outcomes(job) == ["lost", "succeeded"], otherwise="it did not survive")
    assert plant.runs(job)[-1]["queue"] == plant.queue
    assert plant.count("survived") == 1


@pytest.mark.parametrize("kind", [RABBITMQ])
def test_a_message_through_an_exchange_that_only_others_know_survives_its_process(plant: Depot) -> None:
    plant.worker()
    with Connection(plant.broker.url) as connection, connection.channel() as channel:
        channel.exchange_declare("theirs", "topic", auto_delete=False)
        channel.queue_bind(plant.queue, "theirs", "orders.*")
    with Celery("stock", broker=plant.broker.url, set_as_current=False) as app:
        theirs = Exchange("theirs", "topic", durable=False)
        sent = app.send_task("depot.kill_child", ["survived"], exchange=theirs, routing_key="orders.made")

    until(lambda: plant.outcomes(str(sent.id)) == ["lost", "succeeded"], otherwise="it did not survive")


def test_a_message_with_the_id_of_a_job_that_waits_does_not_take_its_row(plant: Depot) -> None:
    """Neither as a foreign one, nor by saying that it is that row."""
    plant.worker()
    victim = plant.send("record", "victim", countdown=4)
    until(lambda: plant.job(victim), otherwise="it is not in the ledger")

    stock(plant, "depot.total_of", 5, "another task", task_id=victim)
    stock(plant, "depot.record", "other arguments", task_id=victim)
    for signature in (None, "", "0" * 32):
        said = {"token": 0, "attempts": 0, "eta": None, "signature": signature}
        raw(plant, b'[["forged"], {}, {}]', headers={"id": victim, "task": "depot.record", "hardy": said})

    until(lambda: plant.run("ledger.DeadLetter.objects.count()") == 5, otherwise="not every message was kept")
    plant.wait_until_over(victim)
    assert plant.outcomes(victim) == ["succeeded"]
    assert plant.count("victim") == 1
    assert plant.count("another task") == plant.count("other arguments") == plant.count("forged") == 0


def test_what_cannot_be_read_waits_for_a_database_that_is_away(plant: Depot) -> None:
    proxy = Proxy(plant.url)
    try:
        worker = plant.worker(DATABASE_URL=proxy.url)
        proxy.stop()
        raw(plant, b"{broken", headers={"id": "broken", "task": "depot.record"})
        raw(plant, b'{"no": "task"}', headers={})
        worker.wait_for("a message that cannot be run waits for it")
        proxy.heal()

        until(
            lambda: plant.run("ledger.DeadLetter.objects.count()") == 2,
            otherwise="not every message was kept",
        )
        plant.wait_until_over(plant.send("record", "the next"))
        assert not worker.has_ended
    finally:
        proxy.close()


def test_future_work_of_a_producer_without_hardy_survives_the_worker_that_got_it(plant: Depot) -> None:
    first = plant.worker(name="first")
    job = stock(plant, "depot.record", "later", countdown=8)
    until(lambda: plant.job(job), otherwise="it was not adopted")
    assert plant.job(job)["state"] == "held"

    first.kill()
    plant.worker(name="second")

    plant.wait_until_over(job)
    assert len(plant.effects("later", job)) == 1
    assert plant.run("r = ledger.Run.objects.get(job=job); r.started_at >= r.due_at", job=job)


def test_an_unknown_task_waits_and_runs_when_a_worker_that_knows_it_comes(plant: Depot) -> None:
    old = plant.worker(name="old", DEPOT_HARDY=hardy(UNKNOWN_TASK_GRACE=20))
    job = plant.run("app.send_task('plant.newer', ['newer']).id")
    from_stock = stock(plant, "plant.newer", "newer")
    old.wait_for("unknown to this worker", times=2)
    old.kill()
    settings = {**json.loads(plant.environment["DEPOT_SETTINGS"]), "CELERY_IMPORTS": ["plant.newer"]}

    plant.worker(name="new", DEPOT_SETTINGS=json.dumps(settings))

    plant.wait_until_over(job, from_stock, seconds=40)
    assert len(plant.effects("newer")) == 2
    assert plant.letter(job) is None and plant.letter(from_stock) is None
    assert plant.result(job) == ["SUCCESS", "newer"]


def test_an_unknown_task_for_which_no_worker_comes_is_a_dead_letter(plant: Depot) -> None:
    plant.worker(DEPOT_HARDY=hardy(UNKNOWN_TASK_GRACE=1))

    job = plant.run("app.send_task('plant.newer', ['newer']).id")

    until(lambda: plant.letter(job), otherwise="no dead letter")
    assert plant.letter(job)["reason"] == "unknown"
    assert '"newer"' in json.loads(plant.letter(job)["message"])["body"]
    assert plant.jobs() == 0
    assert plant.result(job)[0] == "FAILURE"


def test_a_message_that_cannot_be_read_is_a_dead_letter_with_the_whole_message(plant: Depot) -> None:
    plant.worker()

    not_accepted = plant.run("tasks.record.apply_async(['yaml'], serializer='yaml').id")
    broken = raw(plant, b"{broken", headers={"id": "broken", "task": "depot.record"})
    raw(plant, b'{"no": "task"}', headers={})

    plant.wait_until_over(not_accepted, broken)
    until(lambda: plant.run("ledger.DeadLetter.objects.count()") == 3, otherwise="not every message was kept")
    assert plant.letter(not_accepted)["reason"] == plant.letter(broken)["reason"] == "undecodable"
    kept = [body_of(json.loads(message)) for message in plant.run(MESSAGES)]
    assert sum("yaml" in body for body in kept) == 1
    assert {"{broken", '{"no": "task"}'} < set(kept)
    assert plant.jobs() == 0
    plant.wait_until_over(plant.send("record", "the worker goes on"))


def test_a_broadcast_runs_on_each_worker_and_is_no_job(kind: str, open_plant: Plants) -> None:
    with open_plant(kind, DEPOT_PLUGINS="plant.news") as plant:
        for name in ("one", "two"):
            plant.worker(name=name)

        plant.run("tasks.record_quietly.delay('news')")

        plant.wait_for_effect("news", times=2)
        plant.wait_until_over(plant.send("record", "the next"))
        assert len({effect["pid"] for effect in plant.effects("news")}) == plant.count("news") == 2


MESSAGES = "list(ledger.DeadLetter.objects.values_list('message', flat=True))"


def body_of(message: dict[str, Any]) -> str:
    is_binary = message["properties"]["body_encoding"] == "base64"
    return base64.b64decode(message["body"]).decode() if is_binary else message["body"]


def stock(plant: Depot, task: str, *args: Any, **options: Any) -> str:
    """Send as a project without hardy does, on the same broker."""
    with Celery("stock", broker=plant.broker.url, set_as_current=False) as app:
        return str(app.send_task(task, args, queue=plant.queue, **options).id)


def stock_by(plant: Depot, delivery_info: dict[str, Any]) -> str:
    """Put a message of stock Celery's into Redis that says it was sent in another way."""
    elsewhere = f"{plant.queue}-elsewhere"
    with Celery("stock", broker=plant.broker.url, set_as_current=False) as app:
        job = str(app.send_task("depot.kill_child", ["survived"], queue=elsewhere).id)
    message = json.loads(plant.broker.client.rpop(elsewhere))
    message["properties"]["delivery_info"] = delivery_info
    plant.broker.client.lpush(plant.queue, json.dumps(message))
    return job


def raw(plant: Depot, body: bytes, *, headers: dict[str, Any]) -> str:
    """Publish bytes that say they are JSON."""
    with Connection(plant.broker.url) as connection:
        connection.Producer().publish(
            body, routing_key=plant.queue, headers=headers, content_type="application/json",
            content_encoding="utf-8",
        )  # fmt: skip
    return str(headers.get("id", ""))
