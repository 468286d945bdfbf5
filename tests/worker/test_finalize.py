"""The end of an attempt: written with all that follows from it, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import states
from celery.exceptions import Reject
from django.db import OperationalError, transaction

import hardy
from hardy import attempt
from hardy.db import outage
from hardy.ledger.enqueue import ask
from hardy.ledger.models import Job, Lease, Run
from hardy.worker import finalize
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain, run_next
from tests.contracts.rows import envelope, jobs, letters, outcomes, present, started, the_job


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add")
    def add(x, y):
        return x + y

    return add


def note(text: str) -> None:
    """An effect of a task's body, in the ledger's database."""
    Lease.objects.using(ALIAS).create(name=text, holder="", expires_at=present())


def notes() -> set[str]:
    return set(Lease.objects.using(ALIAS).values_list("name", flat=True))


def overtake(job: str) -> None:
    assert Job.objects.using(ALIAS).filter(id=job).update(token=9)


def test_a_task_may_ask_for_others_and_each_is_asked_when_it_says_so(app, add):
    seen = []

    @app.task(name="shop.fan_out")
    def fan_out():
        asked = add.delay(1, 2)
        seen.append(jobs()[asked.id])

    fan_out.delay()
    assert drain(app) == 2
    assert seen == ["queued"]


def test_a_rejected_task_is_dead_and_one_that_is_to_be_queued_again_waits(app):
    @app.task(name="shop.reject", bind=True)
    def reject(self, again):
        if hardy.current_attempt().number < 3:
            raise Reject("not yet", requeue=again)

    dead, alive = reject.delay(again=False), reject.delay(again=True)
    drain(app)

    assert outcomes(dead.id) == ["rejected"]
    assert outcomes(alive.id) == ["rejected", "rejected", "succeeded"]
    assert [(letter.job, letter.reason) for letter in letters()] == [(dead.id, "rejected")]


def test_an_error_that_the_process_was_forked_with_fails_no_task(app, add):
    asked = add.delay(1, 2)

    try:
        raise OperationalError("the parent's connection is lost")
    except OperationalError:  # a pool replaces a dead child by a fork, here in the middle of this block
        drain(app)

    assert outcomes(asked.id) == ["succeeded"]
    assert not letters()


def test_a_snoozed_task_waits_and_no_attempt_is_counted(app):
    @app.task(name="shop.poll")
    def poll():
        raise hardy.Snooze(60)

    asked = poll.delay()
    run_next(app)

    job = the_job(asked.id)
    assert (job.state, job.attempts, job.token) == ("held", 0, 1)
    assert job.due_at - present() == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=10))
    assert outcomes(asked.id) == ["snoozed"]


@pytest.mark.parametrize("delay", [-1, timedelta(seconds=-1)])
def test_nobody_can_snooze_into_the_past(delay):
    with pytest.raises(ValueError, match="time to wait"):
        hardy.Snooze(delay)


def test_a_process_that_is_ended_gives_its_job_back(app):
    @app.task(name="shop.exit")
    def leave():
        raise SystemExit

    asked = leave.delay()
    with pytest.raises(SystemExit):
        run_next(app)

    assert jobs() == {asked.id: "queued"}
    assert outcomes(asked.id) == ["lost"]
    assert attempt.current() is None


def test_a_result_that_cannot_be_serialised_is_a_failure_with_a_dead_letter(app):
    @app.task(name="shop.odd")
    def odd():
        return object()

    asked = odd.delay()
    drain(app)

    assert asked.state == states.FAILURE
    assert outcomes(asked.id) == ["failed"]
    assert [letter.reason for letter in letters()] == ["failed"]


def test_a_database_that_is_away_for_a_moment_is_waited_for(app, monkeypatch):
    """The second statement finds the database again."""
    monkeypatch.setattr(outage, "PAUSES", (0.0,))
    tries = []

    def write() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the database system is starting up")

    finalize._patiently(started(), write)

    assert len(tries) == 3


def test_one_that_stays_away_is_left_to_recovery_and_said(app, monkeypatch, caplog):
    monkeypatch.setattr(outage, "PATIENCE", 0.0)
    monkeypatch.setattr(outage, "PAUSES", (0.0,))

    def write() -> None:
        raise OperationalError("the database system is shutting down")

    mine = started()
    finalize._patiently(mine, write)

    assert jobs() == {"job-1": "running"}
    assert "it will run again" in caplog.text


def test_an_end_that_no_database_takes_is_a_failure_and_the_body_does_not_run_again(app, add):
    """Here the follow-up is refused: the next task of the chain has an id longer than the column."""
    mine = started()
    attempt.begin(mine)
    attempt.start_closing()
    attempt.together_with_the_end(lambda: Run.objects.using(ALIAS).create(job=None))

    finalize.close(mine.job, states.SUCCESS, 1)

    assert jobs() == {}
    assert outcomes() == ["failed"]
    assert [letter.reason for letter in letters()] == ["failed"]


def test_whoever_waits_for_an_end_that_cannot_be_written_hears_of_a_failure(app, add):
    asked = add.delay(1, 2)
    mine = started(asked.id)
    attempt.begin(mine)
    attempt.start_closing()
    attempt.together_with_the_end(lambda: Run.objects.using(ALIAS).create(job=None))

    finalize.close(mine.job, states.SUCCESS, 3)

    assert asked.state == states.FAILURE


def test_the_end_of_another_task_is_not_this_ones(app):
    mine = started()
    attempt.begin(mine)

    finalize.close("another", states.SUCCESS, 1)

    assert attempt.current() is mine
    attempt.begin(None)
    finalize.close("job-1", states.SUCCESS, 1)  # nothing runs here any more
    assert jobs() == {"job-1": "running"}


# atomic=True: the body and its end share one transaction


@pytest.fixture
def write(app: Any) -> Any:
    @app.task(name="shop.write", bind=True, atomic=True, max_retries=1)
    def write(self, then: str):
        note(then)
        if then == "fail":
            raise ValueError("no")
        if then == "retry" and self.request.retries == 0:
            raise self.retry(countdown=0)
        if then == "retry":
            note("retried")
        if then == "overtaken":
            overtake(self.request.id)
        if then == "ask":
            ask(envelope("asked-inside"))
            raise ValueError("no")

    return write


@pytest.mark.parametrize(
    ("then", "effects", "ended"),
    [
        ("succeed", {"succeed"}, ["succeeded"]),
        ("fail", set(), ["failed"]),
        ("retry", {"retry", "retried"}, ["retried", "succeeded"]),
        ("ask", set(), ["failed"]),
    ],
)
def test_an_atomic_tasks_effects_and_its_end_commit_together(app, write, then, effects, ended):
    asked = write.delay(then)
    drain(app)

    assert (notes(), outcomes(asked.id)) == (effects, ended)
    assert jobs() == {}


def test_an_atomic_task_that_was_overtaken_has_had_no_effect(app, write):
    asked = write.delay("overtaken")
    run_next(app)

    assert (notes(), outcomes(asked.id)) == (set(), [])
    assert the_job(asked.id).token == 1  # overtaken within the transaction that was undone


def test_an_atomic_tasks_result_commits_with_it(app):
    @app.task(name="shop.count", atomic=True)
    def count():
        assert transaction.get_connection(ALIAS).in_atomic_block
        return 3

    asked = count.delay()
    drain(app)

    assert asked.result == 3
