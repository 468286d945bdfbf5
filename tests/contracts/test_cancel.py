from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.ledger.cancellation import cancel, reschedule
from hardy.ledger.claim import claim
from hardy.ledger.reserve import promote, reserve
from tests.contracts.rows import (
    WORKER,
    asked,
    at_once,
    jobs,
    make_due,
    outcomes,
    present,
    reserved,
    started,
    the_job,
    the_run,
)

pytestmark = pytest.mark.usefixtures("app")


def test_a_job_that_waits_is_cancelled_and_its_history_says_why(app):
    asked("queued")
    asked("held", delay=60)

    assert cancel(["queued", "held", "never heard of"], why="The shop is closed.") == 2

    assert jobs() == {}
    run = the_run("queued")
    assert (run.outcome, run.error_type, run.error) == ("cancelled", "Cancelled", "The shop is closed.")
    assert app.AsyncResult("queued").state == "REVOKED"
    assert cancel(["queued"]) == 0


def test_a_job_that_runs_is_not_cancelled():
    started("running")

    assert cancel(["running"]) == 0
    assert jobs() == {"running": "running"}


def test_a_job_that_was_handed_to_a_worker_is_cancelled_until_it_begins():
    asked("reserved")
    [row] = reserved()

    assert cancel(["reserved"]) == 1

    assert claim("reserved", "orders.place", WORKER, token=row.token, attempts=row.attempts) is None
    assert (jobs(), outcomes("reserved")) == ({}, ["cancelled"])


def test_a_job_that_waits_can_be_moved_and_starts_at_its_new_time():
    asked("job-1")

    assert reschedule("job-1", 3600) is True

    assert reserved() == []
    assert the_job().due_at - present() == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=10))
    make_due()
    promote()
    assert [row.id for row in reserved()] == ["job-1"]


def test_a_delivery_from_before_the_move_starts_nothing():
    asked("job-1")

    reschedule("job-1", 3600)

    assert claim("job-1", "orders.place", WORKER, token=0, attempts=0) is None
    assert claim("job-1", "orders.place", WORKER, token=1, attempts=0) is None  # not before its new time


def test_what_does_not_wait_is_not_moved():
    started("running")

    assert reschedule("running", 60) is False
    assert reschedule("never heard of", 60) is False


def test_a_job_is_cancelled_or_started_and_never_both():
    for number in range(20):
        asked(f"job-{number}")

    def start() -> set[str]:
        rows = reserve(WORKER, ["default"], 20)
        return {row.id for row in rows if claim(row.id, "orders.place", WORKER, token=0, attempts=0)}

    cancelled, running = at_once(lambda: cancel(f"job-{number}" for number in range(20)), start)

    assert cancelled + len(running) == 20
    assert set(jobs()) == running
    assert all(outcomes(id) == [] for id in running)
