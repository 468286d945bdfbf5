"""Every way a task can end, in one word, with a dead letter where a person must look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import DATABASES
from tests.fixtures.depots import Open
from tests.waiting import until


@pytest.fixture(scope="module", params=DATABASES)
def fleet(request: pytest.FixtureRequest, open_depot: Open) -> Iterator[Depot]:
    with open_depot(request.param) as depot:
        depot.worker("--concurrency=4")
        yield depot


@pytest.fixture(scope="module")
def local(open_depot: Open) -> Iterator[Depot]:
    """A worker for what no database has a part in."""
    with open_depot("sqlite") as depot:
        depot.worker("--concurrency=4")
        yield depot


def test_a_task_that_returns_succeeded(fleet: Depot) -> None:
    job = over(fleet, "record", "plain")

    assert fleet.outcomes(job) == ["succeeded"]
    assert fleet.result(job) == ["SUCCESS", "plain"]
    assert fleet.letter(job) is None


def test_a_task_that_raises_failed_and_leaves_a_dead_letter_with_its_whole_message(fleet: Depot) -> None:
    job = over(fleet, "fail", "too odd ☃\x00")

    letter = fleet.letter(job)
    assert letter is not None and letter["reason"] == "failed"
    assert letter["error_type"] == "depot.tasks.Odd" and "too odd ☃" in letter["error"]
    assert job in letter["message"]
    assert fleet.outcomes(job) == ["failed"]
    assert fleet.result(job)[0] == "FAILURE"


def test_a_task_that_retries_runs_again_as_the_same_job(fleet: Depot) -> None:
    job = over(fleet, "retry", "third time", 2)

    assert fleet.outcomes(job) == ["retried", "retried", "succeeded"]
    assert [effect["detail"] for effect in fleet.effects("begun", job)] == ["0", "1", "2"]
    assert fleet.result(job) == ["SUCCESS", "third time"]


def test_a_task_that_retries_too_often_failed(fleet: Depot) -> None:
    job = over(fleet, "retry", "never", 99)

    assert fleet.outcomes(job) == ["retried"] * 3 + ["failed"]
    letter = fleet.letter(job)
    assert letter is not None and (letter["reason"], letter["attempts"]) == ("failed", 4)
    assert letter["error_type"] == "depot.tasks.Odd"
    assert fleet.count("never") == 0


def test_a_task_that_is_ignored_leaves_no_result_and_no_letter(local: Depot) -> None:
    job = over(local, "ignore")

    assert local.outcomes(job) == ["ignored"]
    assert local.letter(job) is None
    assert len(local.effects("begun", job)) == 1


def test_a_rejected_task_is_a_dead_letter(fleet: Depot) -> None:
    job = over(fleet, "reject", "never", False)

    letter = fleet.letter(job)
    assert letter is not None and letter["reason"] == "rejected"
    assert fleet.outcomes(job) == ["rejected"]


def test_a_task_rejected_to_be_requeued_runs_again(fleet: Depot) -> None:
    job = over(fleet, "reject", "later", True)

    assert fleet.outcomes(job) == ["rejected", "succeeded"]
    assert fleet.letter(job) is None


def test_a_soft_time_limit_is_raised_in_the_task(local: Depot) -> None:
    job = over(local, "overrun", "tidied up")

    assert local.count("tidied up") == 1
    assert local.outcomes(job) == ["failed"]
    letter = local.letter(job)
    assert letter is not None and "SoftTimeLimitExceeded" in letter["error_type"]


def test_a_hard_time_limit_ends_the_task_for_good(fleet: Depot) -> None:
    job = over(fleet, "hang")

    letter = fleet.letter(job)
    assert letter is not None and letter["reason"] == "timed out"
    assert fleet.outcomes(job) == ["failed"]
    assert len(fleet.effects("begun", job)) == 1
    until(lambda: fleet.result(job)[0] == "FAILURE", otherwise=lambda: f"the result is {fleet.result(job)}")
    assert "TimeLimitExceeded" in fleet.result(job)[1]


@pytest.mark.parametrize("by_name", [False, True])
def test_a_hard_time_limit_that_is_set_when_sending_does_not_wait_for_the_default_soft_one(
    local: Depot, by_name: bool
) -> None:
    send = "app.send_task('depot.nap'," if by_name else "tasks.nap.apply_async("
    job = local.run(f"{send} (20,), time_limit=1).id")

    local.wait_until_over(job, seconds=15)

    assert local.outcomes(job) == ["failed"]
    assert local.runs(job)[0]["error_type"].endswith("TimeLimitExceeded")


def test_a_result_that_cannot_be_serialised_is_a_failure(fleet: Depot) -> None:
    job = over(fleet, "return_something_odd")

    assert fleet.outcomes(job) == ["failed"]
    assert fleet.result(job)[0] == "FAILURE"
    letter = fleet.letter(job)
    assert letter is not None and letter["reason"] == "failed"


def test_a_big_result_comes_back_whole(fleet: Depot) -> None:
    job = over(fleet, "return_much", 300_000)

    assert fleet.run("len(app.AsyncResult(job).result)", job=job) == 300_000
    assert len(fleet.runs(job)[0]["result"]) <= 5000


def test_an_ignored_result_is_not_kept(local: Depot) -> None:
    job = over(local, "record_quietly", "quiet")

    source = (
        "from django_celery_results.models import TaskResult\nTaskResult.objects.filter(task_id=job).count()"
    )
    assert local.run(source, job=job) == 0
    assert local.outcomes(job) == ["succeeded"]


def test_an_expired_task_is_cancelled_and_does_not_run(fleet: Depot) -> None:
    job = fleet.run(
        """
from datetime import datetime, timedelta, UTC
tasks.record.apply_async(['too late'], expires=datetime.now(UTC) - timedelta(seconds=5)).id
"""
    )

    fleet.wait_until_over(job)
    assert fleet.outcomes(job) == ["cancelled"]
    assert fleet.runs(job)[0]["error_type"] == "Expired"
    assert fleet.count("too late") == 0
    until(lambda: fleet.result(job)[0] == "REVOKED", otherwise=lambda: f"the result is {fleet.result(job)}")


def over(depot: Depot, task: str, *args: object, **options: object) -> str:
    """Send a task and return its id when it has left the ledger."""
    job = depot.send(task, *args, **options)
    depot.wait_until_over(job)
    return job
