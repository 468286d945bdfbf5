"""The end of an attempt: written with all that follows from it, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from celery import states
from celery.exceptions import Reject, WorkerTerminate
from celery.signals import task_failure
from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction

import hardy
from hardy import attempt, events
from hardy.db import outage
from hardy.ledger.enqueue import enqueue
from hardy.ledger.models import Job, Lease, Run
from hardy.worker import finalize
from tests.contracts.databases import ALIAS, only
from tests.contracts.draining import drain, run_next
from tests.contracts.rows import job_message, jobs, letters, outcomes, present, started, the_job, the_run


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


@pytest.mark.parametrize(
    "delay", [-1, timedelta(seconds=-1), float("nan"), float("inf"), 1e300, timedelta.max]
)
def test_nobody_can_snooze_into_the_past_or_for_ever(delay):
    with pytest.raises(ValueError, match="time to wait"):
        hardy.Snooze(delay)


def test_a_process_that_is_ended_gives_its_job_back(app):
    @app.task(name="shop.exit")
    def leave():
        raise WorkerTerminate

    asked = leave.delay()
    with pytest.raises(WorkerTerminate):
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

    finalize._write_while_away(started(), write)

    assert len(tries) == 3


def test_one_that_stays_away_is_left_to_recovery_and_said(app, monkeypatch, caplog):
    monkeypatch.setattr(outage, "LONGEST_WAIT", 0.0)
    monkeypatch.setattr(outage, "PAUSES", (0.0,))

    def write() -> None:
        raise OperationalError("the database system is shutting down")

    mine = started()
    finalize._write_while_away(mine, write)

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
            enqueue(job_message("asked-inside"))
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


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


class UnprintableResult(dict):  # type: ignore[type-arg]
    def __repr__(self) -> str:
        raise ZeroDivisionError


def test_an_exception_that_cannot_be_printed_is_the_failure_of_its_task_once(app):
    starts = []

    @app.task(name="shop.mumble")
    def mumble():
        starts.append(1)
        raise Unprintable

    sent = mumble.delay()
    drain(app)

    assert (len(starts), outcomes(sent.id)) == (1, ["failed"])
    [letter] = letters()
    assert letter.error_type.endswith("Unprintable")
    assert letter.error.startswith("<no text: ") and "ZeroDivisionError" in letter.error


def test_a_result_that_cannot_be_printed_is_a_result(app):
    @app.task(name="shop.mumble", ignore_result=True)
    def mumble():
        return UnprintableResult(a=1)

    sent = mumble.delay()
    drain(app)

    assert outcomes(sent.id) == ["succeeded"]


def refuse_the_commit() -> None:
    """Leave a row behind that a deferred constraint refuses when the transaction commits."""
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        for statement in DEFERRED[connection.vendor]:
            cursor.execute(statement)


#: Tables of the test's own, whose foreign key is looked at when the transaction commits.
DEFERRED = {
    "sqlite": ["INSERT INTO shop_line (basket) VALUES (9)"],
    "postgresql": ["INSERT INTO shop_line (basket) VALUES (9)"],
}
CREATED = (
    "CREATE TABLE shop_basket (id integer PRIMARY KEY)",
    "CREATE TABLE shop_line (basket integer REFERENCES shop_basket (id) DEFERRABLE INITIALLY DEFERRED)",
)


@pytest.fixture
def baskets(ledger: Any) -> Iterator[None]:
    with ledger.cursor() as cursor:
        for statement in CREATED:
            cursor.execute(statement)
    yield
    with ledger.cursor() as cursor:
        for table in ("shop_line", "shop_basket"):
            cursor.execute(f"DROP TABLE {table}")


@only("sqlite", "postgresql")
def test_an_atomic_task_whose_commit_fails_has_failed_with_that_error_once(app, baskets, kind):
    starts, said, failures = [], [], []

    @app.task(name="shop.order", atomic=True)
    def order():
        starts.append(1)
        note("an effect")
        refuse_the_commit()

    def hear(signal, sender, outcome, **_):
        said.append((sender, outcome))

    def hear_failure(sender, exception, **_):
        failures.append(exception)

    events.job_finished.connect(hear)
    task_failure.connect(hear_failure)
    sent = order.delay()
    drain(app)
    events.job_finished.disconnect(hear)
    task_failure.disconnect(hear_failure)

    assert len(starts) == 1
    assert notes() == set()
    assert outcomes(sent.id) == ["failed"]
    [letter] = letters()
    assert (letter.reason, letter.error_type) == ("failed", "django.db.utils.IntegrityError")
    assert app.AsyncResult(sent.id).state == states.FAILURE
    assert said == [("shop.order", "failed")]
    assert [type(failure) for failure in failures] == [IntegrityError]


@pytest.mark.parametrize("how", ["swallowed", "set_rollback"])
def test_an_atomic_body_that_went_on_after_its_transaction_had_failed_has_failed_once(app, how):
    starts = []

    @app.task(name="shop.careless", atomic=True)
    def careless():
        starts.append(1)
        note("an effect")
        if how == "set_rollback":
            transaction.set_rollback(True, using=ALIAS)
            return
        with suppress(DatabaseError), transaction.atomic(using=ALIAS, savepoint=False):
            note("an effect")  # again: its key is there

    sent = careless.delay()
    drain(app)

    assert (len(starts), outcomes(sent.id)) == (1, ["failed"])
    assert notes() == set()
    [letter] = letters()
    assert letter.reason == "failed"
    run = the_run(sent.id)
    assert "caught a database error, or called set_rollback(True)" in run.traceback
    assert app.AsyncResult(sent.id).state == states.FAILURE
    assert not connections[ALIAS].in_atomic_block
