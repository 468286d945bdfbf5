from __future__ import annotations

import pytest

from hardy.ledger.claim import claim
from hardy.ledger.finish import finish, put_back
from tests.contracts.rows import (
    OTHER,
    SUCCEEDED,
    WORKER,
    asked,
    at_once,
    holder,
    present,
    reserved,
    started,
    the_job,
)

pytestmark = pytest.mark.usefixtures("app")


def take(worker: str = WORKER, *, token: int = 0, attempts: int = 0):
    return claim("job-1", "orders.place", worker, token=token, attempts=attempts)


def test_a_claim_counts_the_attempt_takes_the_token_and_names_the_worker():
    asked()
    reserved()
    before = present()

    attempt = take()

    job = the_job()
    assert (attempt.job, attempt.token, attempt.number, attempt.worker) == ("job-1", 1, 1, WORKER)
    assert (job.state, job.worker, job.token, job.attempts) == ("running", WORKER, 1, 1)
    assert before <= job.started_at <= present()


def test_a_second_delivery_finds_the_token_taken():
    asked()
    reserved()
    take()

    assert take() is None
    assert take(OTHER) is None
    assert (the_job().worker, the_job().attempts) == (WORKER, 1)


def test_a_delivery_after_the_end_finds_the_row_gone():
    attempt = started()
    finish(holder(attempt), SUCCEEDED)

    assert take(OTHER) is None


def test_a_stale_stamp_starts_nothing():
    attempt = started()
    put_back(holder(attempt), SUCCEEDED, None, 0.0)

    assert take(token=0) is None
    assert take(token=2) is None
    assert the_job().state == "queued"


def test_a_fresh_stamp_starts_the_next_attempt():
    put_back(holder(started()), SUCCEEDED, None, 0.0)

    attempt = take(OTHER, token=1, attempts=1)

    assert (attempt.token, attempt.number) == (2, 2)
    assert (the_job().worker, the_job().token, the_job().attempts) == (OTHER, 2, 2)


def test_of_many_deliveries_at_once_one_wins():
    asked()

    attempts = at_once(*[lambda name=name: take(name) for name in ("w1", "w2", "w3", "w4")])

    winners = [attempt.worker for attempt in attempts if attempt]
    assert winners == [the_job().worker]
    assert the_job().attempts == 1
