from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from hardy.ledger.finish import Claim, End, finish, put_back
from hardy.ledger.models import DeadLetter, Run
from hardy.ledger.reserve import promote
from tests.contracts.databases import ALIAS
from tests.contracts.rows import (
    OTHER,
    SUCCEEDED,
    WORKER,
    asked,
    at_once,
    holder,
    job,
    job_message,
    jobs,
    letters,
    make_due,
    outcomes,
    present,
    reserved,
    started,
    the_job,
    the_run,
)

pytestmark = pytest.mark.usefixtures("app")

FAILED = End(
    "failed",
    error_type="shop.CardDeclined",
    error="50 % of it, 世界 🎈",
    fingerprint="0123456789abcdef",
    traceback="Traceback …",
    reason="failed",
)


RETRIED = End("retried", error_type="OSError")


def nothing_was_written() -> bool:
    return not Run.objects.using(ALIAS).exists() and not DeadLetter.objects.using(ALIAS).exists()


@pytest.mark.parametrize("wait_for_disk", [True, False])
def test_an_end_moves_the_row_into_history(wait_for_disk):
    attempt = started()
    before, moment = the_job(), present()

    assert finish(holder(attempt), SUCCEEDED, wait_for_disk=wait_for_disk) is True

    run = the_run()
    assert job() is None
    assert (run.task, run.queue, run.attempt, run.worker) == ("orders.place", "default", 1, WORKER)
    assert (run.outcome, run.result) == ("succeeded", "42")
    assert (run.error_type, run.error, run.fingerprint, run.traceback) == ("", "", "", "")
    assert (run.enqueued_at, run.due_at, run.started_at) == (
        before.enqueued_at,
        before.due_at,
        before.started_at,
    )
    assert moment <= run.finished_at <= present()
    assert letters() == []


def test_a_failure_for_good_leaves_a_dead_letter_with_the_whole_message():
    attempt = started()
    before = the_job()

    assert finish(holder(attempt), FAILED) is True

    run, [letter] = the_run(), letters()
    assert (run.outcome, run.error_type, run.error) == ("failed", FAILED.error_type, FAILED.error)
    assert (run.fingerprint, run.traceback) == (FAILED.fingerprint, FAILED.traceback)
    assert (letter.job, letter.task, letter.queue, letter.attempts) == ("job-1", "orders.place", "default", 1)
    assert (letter.reason, letter.error_type, letter.error) == ("failed", FAILED.error_type, FAILED.error)
    assert (letter.fingerprint, letter.message, letter.enqueued_at) == (
        FAILED.fingerprint,
        before.message,
        before.enqueued_at,
    )
    assert letter.died_at - run.finished_at == pytest.approx(timedelta(0), abs=timedelta(seconds=5))


@pytest.mark.parametrize(
    "change",
    [
        {"worker": OTHER},
        {"tokens": (0, 0)},
        {"tokens": (2, 9)},
        {"states": ("queued", "reserved")},
        {"job": "job-2"},
    ],
    ids=["another worker", "an older token", "a newer token", "another state", "another job"],
)
def test_who_does_not_hold_the_attempt_writes_nothing(change):
    attempt = started()
    before = the_job()

    stranger = replace(holder(attempt), **change)

    assert finish(stranger, FAILED) is False
    assert put_back(stranger, FAILED, job_message(task="changed"), 5.0) is False
    assert nothing_was_written()
    assert vars(the_job()).items() >= {k: v for k, v in vars(before).items() if k != "_state"}.items()


def test_an_attempt_ends_once():
    attempt = started()
    finish(holder(attempt), SUCCEEDED)

    assert finish(holder(attempt), FAILED) is False
    assert put_back(holder(attempt), FAILED, None, 0.0) is False
    assert outcomes() == ["succeeded"]


def test_of_two_ends_at_once_one_is_written():
    mine = holder(started())

    answers = at_once(
        lambda: finish(mine, SUCCEEDED),
        lambda: finish(mine, FAILED),
        lambda: put_back(mine, RETRIED, None, 9.0),
    )

    assert sorted(answers) == [False, False, True]
    assert len(outcomes()) == 1
    assert len(letters()) == answers[1]


def test_a_range_of_tokens_holds_before_and_after_the_claim():
    asked("before")
    [row] = reserved()
    started("after")

    for id in ("before", "after"):
        either = Claim(id, WORKER, (row.token, row.token + 1), ("queued", "reserved", "running"))
        assert finish(either, End("cancelled", error_type="Revoked", error="The task was revoked."))

    assert jobs() == {}
    assert (outcomes("before"), outcomes("after")) == (["cancelled"], ["cancelled"])
    assert the_run("before").started_at is None


def test_a_row_that_nobody_holds_may_be_ended_by_who_was_told_of_it():
    asked()

    assert finish(Claim("job-1", WORKER, (0, 1), ("queued", "reserved", "running")), End("cancelled"))


def test_a_retry_keeps_the_row_with_a_new_message_and_a_new_time():
    attempt = started()
    before = the_job()
    again = job_message("job-1", task="orders.place_again", queue="mail", priority=5)

    assert put_back(holder(attempt), End("retried", error_type="OSError"), again, 60.0) is True

    job, run = the_job(), the_run()
    assert (job.state, job.token, job.attempts) == ("held", 1, 1)
    assert (job.task, job.queue, job.priority) == ("orders.place_again", "mail", 5)
    assert job.message == again.text != before.message
    assert job.enqueued_at == before.enqueued_at
    assert job.due_at - present() == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=10))
    assert (run.outcome, run.error_type, run.attempt) == ("retried", "OSError", 1)
    assert (run.task, run.queue, run.due_at, run.started_at) == (
        before.task,
        before.queue,
        before.due_at,
        before.started_at,
    )
    assert letters() == []


def test_a_retry_at_once_may_start_at_once_and_keeps_its_message_if_none_is_new():
    attempt = started()
    before = the_job()

    put_back(holder(attempt), End("rejected"), None, 0.0)

    assert (the_job().state, the_job().message, the_job().task) == ("queued", before.message, before.task)
    assert [row.token for row in reserved(OTHER)] == [1]


def test_a_retry_starts_when_its_time_has_come():
    put_back(holder(started()), End("retried"), None, 60.0)

    assert reserved() == []
    make_due()
    promote()
    [row] = reserved(OTHER)
    assert (row.token, row.attempts) == (1, 1)


def test_every_attempt_of_a_job_is_in_its_history():
    for _ in range(3):
        put_back(holder(started()), End("retried"), None, 0.0)
    finish(holder(started()), SUCCEEDED)

    assert outcomes() == ["retried", "retried", "retried", "succeeded"]
    attempts = Run.objects.using(ALIAS).order_by("id").values_list("attempt", flat=True)
    assert list(attempts) == [1, 2, 3, 4]


def test_an_end_inside_a_transaction_that_rolls_back_did_not_happen():
    attempt = started()

    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS):
        finish(holder(attempt), FAILED)
        1 / 0  # noqa: B018

    assert nothing_was_written()
    assert finish(holder(attempt), SUCCEEDED) is True
