from __future__ import annotations

import itertools

import pytest
from django.db import transaction

from hardy.ledger.claim import claim
from hardy.ledger.models import Job
from hardy.ledger.reserve import promote, release, reserve
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import OTHER, WORKER, asked, at_once, jobs, make_due, reserved, started, the_job

pytestmark = pytest.mark.usefixtures("app")


def test_a_reserved_row_is_the_workers_and_brings_what_a_delivery_needs():
    asked(queue="mail")

    [row] = reserve(WORKER, ["mail"], 10)

    job = the_job()
    assert (job.state, job.worker) == ("reserved", WORKER)
    assert row[:5] == ("job-1", "mail", 0, 0, job.message)


def test_the_most_urgent_comes_first_then_the_longest_due():
    for id, priority, ago in [("late", 0, 1), ("early", 0, 9), ("urgent", 9, 5), ("soon", 5, 5)]:
        asked(id, priority=priority)
        make_due(id, ago)

    assert [row.id for row in reserved()] == ["urgent", "soon", "early", "late"]


def test_priorities_hold_across_queues_and_batches():
    for queue, priority in itertools.product(["a", "b", "c"], [0, 9]):
        asked(f"{queue}{priority}", queue=queue, priority=priority)

    batches = [[row.id for row in reserve(WORKER, ["c", "a", "b"], 2)] for _ in range(3)]

    assert batches == [["c9", "a9"], ["b9", "c0"], ["a0", "b0"]]


def backlog(queue, count, *, priority=0, ago=100.0):
    """Jobs that wait in a queue, the longest due first."""
    for number in range(count):
        id = f"{queue}{number}" if priority == 0 else f"{queue}{number} urgent"
        asked(id, queue=queue, priority=priority)
        make_due(id, ago - number)


def test_a_lone_job_does_not_wait_for_all_that_were_there_before_it_in_another_queue():
    backlog("a", 40)
    backlog("b", 1, ago=1)

    assert [row.id for row in reserve(WORKER, ["a", "b"], 4)] == ["a0", "b0", "a1", "a2"]


def test_three_queues_take_turns_and_each_keeps_its_own_order():
    backlog("a", 5)
    backlog("b", 1, ago=2)
    backlog("c", 3, ago=50)

    rows = reserve(WORKER, ["b", "c", "a"], 8)

    assert [row.id for row in rows] == ["b0", "c0", "a0", "c1", "a1", "c2", "a2", "a3"]


def test_turns_are_taken_among_equals_only():
    backlog("a", 3)
    backlog("a", 2, priority=9)
    backlog("b", 3)
    backlog("b", 1, priority=5)

    rows = reserve(WORKER, ["a", "b"], 7)

    assert [row.id for row in rows] == ["a0 urgent", "a1 urgent", "b0 urgent", "a0", "b0", "a1", "b1"]


def test_a_queue_without_work_takes_no_turn():
    backlog("a", 3)

    assert [row.id for row in reserve(WORKER, ["b", "a", "c"], 3)] == ["a0", "a1", "a2"]


def test_only_the_queues_that_are_asked_for_are_read():
    asked("mine", queue="mine")
    asked("theirs", queue="theirs")

    assert [row.id for row in reserve(WORKER, ["mine"], 10)] == ["mine"]
    assert the_job("theirs").state == "queued"


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_is_taken_than_the_limit(limit):
    for number in range(5):
        asked(f"job-{number}", queue=f"queue-{number % 2}")

    rows = reserve(WORKER, ["queue-0", "queue-1"], limit)

    assert len(rows) == limit
    assert list(jobs().values()).count("reserved") == limit


def test_nothing_is_asked_of_no_queue_and_no_room():
    asked()

    assert reserve(WORKER, [], 10) == []
    assert reserve(WORKER, ["default"], 0) == []
    assert the_job().state == "queued"


def test_held_reserved_and_running_rows_are_passed_over():
    asked("held", delay=60)
    started("running")
    asked("reserved")
    reserve(OTHER, ["default"], 1)

    assert reserved() == []


def test_no_row_goes_to_two_workers():
    for number in range(60):
        asked(f"job-{number}", priority=number % 3)

    def take_all(worker):
        rows = []
        while batch := reserve(worker, ["default"], 4):
            rows += batch
        return [row.id for row in rows]

    taken = at_once(*[lambda name=name: take_all(name) for name in ("w1", "w2", "w3", "w4")])

    assert sorted(id for ids in taken for id in ids) == sorted(f"job-{number}" for number in range(60))
    for name, ids in zip(("w1", "w2", "w3", "w4"), taken, strict=True):
        assert set(Job.objects.using(ALIAS).filter(worker=name).values_list("id", flat=True)) == set(ids)


@only("postgresql", "mariadb")  # SQLite has one writer at a time
def test_rows_that_another_worker_is_taking_are_passed_over_without_waiting():
    for number in range(4):
        asked(f"job-{number}")

    with transaction.atomic(using=ALIAS):
        mine = {row.id for row in reserve(WORKER, ["default"], 2)}
        [others] = at_once(lambda: {row.id for row in reserve(OTHER, ["default"], 4)})

    assert len(mine) == len(others) == 2
    assert mine | others == {f"job-{number}" for number in range(4)}


def test_a_job_is_queued_when_its_time_has_come_and_not_before():
    asked("now", delay=60)
    asked("later", delay=60)
    make_due("now")

    assert promote() == 1
    assert jobs() == {"now": "queued", "later": "held"}
    assert promote() == 0


def test_two_processes_that_promote_at_once_count_each_job_once():
    for number in range(20):
        asked(f"job-{number}", delay=60)
        make_due(f"job-{number}")

    assert sum(at_once(promote, promote, promote)) == 20
    assert set(jobs().values()) == {"queued"}


def test_a_worker_gives_back_what_it_has_not_started():
    started("running")
    asked("waiting")
    reserved()

    assert release(WORKER) == 1
    assert jobs() == {"running": "running", "waiting": "queued"}
    assert the_job("waiting").worker == ""


def test_a_worker_may_give_back_some_and_never_what_others_hold():
    for id in ("one", "two"):
        asked(id)
    reserved()
    asked("theirs")
    reserve(OTHER, ["default"], 1)

    assert release(WORKER, ["one", "theirs"]) == 1
    assert release(WORKER, []) == 0
    assert jobs() == {"one": "queued", "two": "reserved", "theirs": "reserved"}


def test_what_was_given_back_is_delivered_with_the_same_stamp_and_claimed_once():
    asked()
    [first] = reserved()
    release(WORKER)
    [second] = reserve(OTHER, ["default"], 1)

    claims = [
        claim("job-1", "orders.place", worker, token=row.token, attempts=row.attempts)
        for worker, row in ((WORKER, first), (OTHER, second))
    ]

    assert [attempt is None for attempt in claims] == [False, True]
