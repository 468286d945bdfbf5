"""What a dead worker left is reclaimed by whoever looks first; the broker hears of it when nobody does."""

from __future__ import annotations

from typing import Any

import pytest

import hardy
from hardy.broker import relay
from hardy.db.clock import seconds_from_now
from hardy.ledger import identity
from hardy.ledger.message import serialize
from hardy.ledger.models import Job
from hardy.ledger.recovery import rescue
from hardy.worker import reclaim
from hardy.worker.reclaim import ReclaimedJobs
from tests.contracts.databases import ALIAS
from tests.contracts.rows import OTHER, WORKER, asked, at_once, holder, job, jobs, make_due, started, the_job

QUEUES = ["default"]


@pytest.fixture(autouse=True)
def broker(app: hardy.Celery) -> None:
    """The test's own app gets a broker behind its ledger, which lives in this process's memory."""
    app.conf.broker_write_url = app.conf.broker_url = "memory://"


def lost(id: str = "job-1", **said: Any) -> str:
    """A job whose attempt ended without a word."""
    asked(id, **said)
    Job.objects.using(ALIAS).filter(id=id).update(state="queued")  # as once a broker was told
    assert rescue(holder(started(id))) == "queued"
    return id


def test_a_lost_job_is_due_anew_and_taken_with_the_stamp_of_its_next_attempt():
    lost()
    age = Job.objects.using(ALIAS).filter(due_at__gt=seconds_from_now(-30))
    assert (the_job().state, age.count()) == ("held", 1)

    (row,) = reclaim.take(WORKER, QUEUES, 5)

    assert (row.id, row.queue, row.token, row.attempts) == ("job-1", "default", 1, 1)
    assert (the_job().state, the_job().worker, the_job().message) == ("reserved", WORKER, row.message)


def test_only_lost_jobs_of_its_own_queues_are_taken_and_no_more_than_there_is_room_for():
    asked("never started", delay=60)
    make_due("never started")
    lost("elsewhere", queue="other")
    lost("first")
    lost("second")
    make_due("first", ago=3)

    assert [row.id for row in reclaim.take(WORKER, QUEUES, 1)] == ["first"]

    assert jobs() == {"never started": "held", "elsewhere": "held", "first": "reserved", "second": "held"}


def test_queues_take_turns_and_the_most_urgent_come_first():
    for number in range(3):
        lost(f"long-{number}", queue="long")
        make_due(f"long-{number}", ago=60 - number)
    lost("short", queue="short")
    lost("urgent", queue="long", priority=9)

    rows = reclaim.take(WORKER, ["short", "long"], 4)

    assert [row.id for row in rows] == ["urgent", "short", "long-0", "long-1"]
    assert jobs()["long-2"] == "held"


def test_the_queue_that_is_first_is_served_first():
    for queue in ("long", "short"):
        lost(queue, queue=queue)
    make_due("long", ago=60)

    assert [row.id for row in reclaim.take(WORKER, ["short", "long"], 1)] == ["short"]


def test_of_workers_that_look_at_once_each_job_goes_to_one():
    ids = {lost(f"job-{number}") for number in range(6)}

    first, second = at_once(
        lambda: reclaim.take(WORKER, QUEUES, 6),
        lambda: reclaim.take(OTHER, QUEUES, 6),
    )

    taken = [row.id for row in first + second]
    assert sorted(taken) == sorted(ids)
    for row in first:
        assert the_job(row.id).worker == WORKER


def test_the_relay_leaves_it_to_workers_for_a_while(app: hardy.Celery):
    lost()
    Job.objects.using(ALIAS).update(enqueued_at=seconds_from_now(-60))
    assert relay.relay(app) == 0

    make_due(ago=relay.LEFT_TO_WORKERS + 1)

    assert relay.relay(app) == 1
    assert the_job().state == "queued"
    assert reclaim.take(WORKER, QUEUES, 5) == []


class Consumer:
    """The two things of Celery's consumer that a delivery goes through."""

    def __init__(self) -> None:
        self.task_consumer = self
        self.accept = {"application/json"}
        self.messages: list[reclaim.Message] = []

    def on_message(self, message: reclaim.Message) -> None:
        self.messages.append(message)


@pytest.mark.parametrize("requeue", [True, False])
def test_a_delivery_that_is_rejected_makes_room_and_goes_back_if_it_is_wanted_again(requeue: bool):
    lost()
    taken, consumer = ReclaimedJobs(), Consumer()
    (row,) = reclaim.take(identity.name(), QUEUES, 5)
    taken.deliver(consumer, row)
    (message,) = consumer.messages
    assert message.payload == [[1], {}, {}]
    assert message.headers["hardy"]["token"] == 1
    assert list(taken.jobs.values()) == ["job-1"]

    message.reject(requeue=requeue)

    assert taken.jobs == {}
    assert the_job().state == ("held" if requeue else "reserved")


def test_a_body_that_is_no_text_arrives_as_it_was_sent():
    lost()
    headers = {"id": "job-1", "task": "orders.place"}
    packed = serialize(((1,), {}, {}), headers, {}, queue="default", serializer="json", compression="zlib")
    Job.objects.using(ALIAS).update(message=packed.text)
    consumer = Consumer()
    (row,) = reclaim.take(WORKER, QUEUES, 5)

    ReclaimedJobs().deliver(consumer, row)

    assert consumer.messages[0].payload == [[1], {}, {}]


def test_a_delivery_that_is_acknowledged_makes_room():
    lost()
    taken, consumer = ReclaimedJobs(), Consumer()
    for row in reclaim.take(WORKER, QUEUES, 5):
        taken.deliver(consumer, row)

    consumer.messages[0].ack()

    assert taken.jobs == {}
    assert job() is not None
