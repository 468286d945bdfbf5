"""A soft time limit interrupts a body and nothing else: the end of the attempt is recorded whatever it strikes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import DATABASES, everywhere, on_postgresql
from tests.acceptance.processes import Process

LIMITS = {"soft_time_limit": 3, "time_limit": 120}
STRUCK = "Soft time limit (3s) exceeded"

#: SQLite locks all or nothing: there the body itself would wait.
with_row_locks = pytest.mark.parametrize("depot", DATABASES[1:], indirect=True)

LOCK = """
transaction.set_autocommit(False)
ledger.Job.objects.filter(id=job).update(crashes=0)
"""
RELEASE = """
transaction.rollback()
transaction.set_autocommit(True)
"""


def child_of(depot: Depot, name: str) -> int:
    """The pool child that runs the next job."""
    depot.send("record", name)
    depot.wait_for_effect(name)
    pid: int = depot.effects(name)[0]["pid"]
    return pid


def hold_until_struck(depot: Depot, worker: Process, job: str, gate: Path) -> None:
    """Lock the job's row, let the body before it end, and give the row back once a limit has struck."""
    depot.run(LOCK, job=job)
    gate.touch()
    worker.wait_for(STRUCK)
    depot.run(RELEASE)


@everywhere
def test_a_limit_that_strikes_while_the_end_is_written_changes_nothing(depot: Depot, tmp_path: Path) -> None:
    strike_while_the_end_is_written("wait_in_peace", depot, tmp_path)


@with_row_locks
def test_nor_does_one_that_strikes_while_body_and_end_are_committed_together(
    depot: Depot, tmp_path: Path
) -> None:
    strike_while_the_end_is_written("wait_atomically", depot, tmp_path)


def strike_while_the_end_is_written(task: str, depot: Depot, tmp_path: Path) -> None:
    worker = depot.worker("--concurrency=1")
    child = child_of(depot, "before")
    gate = tmp_path / "gate"
    job = depot.send(task, str(gate), **LIMITS)
    depot.wait_for_state(job, "running")

    hold_until_struck(depot, worker, job, gate)

    depot.wait_until_over(job)
    assert depot.outcomes(job) == ["succeeded"]
    assert depot.letter(job) is None
    assert child_of(depot, "after") == child


@with_row_locks
def test_a_limit_that_strikes_while_the_job_is_claimed_leaves_the_body_its_time(
    depot: Depot, tmp_path: Path
) -> None:
    worker = depot.worker("--concurrency=1", "--prefetch-multiplier=4")
    child = child_of(depot, "before")
    gate = tmp_path / "gate"
    first = depot.send("wait_in_peace", str(gate))
    depot.wait_for_state(first, "running")
    job = depot.send("record", "claimed late", **LIMITS)
    depot.wait_for_state(job, "reserved")

    hold_until_struck(depot, worker, job, gate)

    depot.wait_until_over(first, job)
    assert depot.outcomes(job) == ["succeeded"]
    assert depot.count("claimed late") == 1
    assert child_of(depot, "after") == child


@on_postgresql
def test_a_limit_that_strikes_in_a_statement_leaves_the_child_fit_for_the_next_job(depot: Depot) -> None:
    depot.worker("--concurrency=1")
    child = child_of(depot, "before")

    job = depot.send("sleep_in_database")

    depot.wait_until_over(job)
    assert depot.outcomes(job) == ["failed"]
    assert depot.runs(job)[0]["error_type"].endswith("SoftTimeLimitExceeded")
    assert child_of(depot, "after") == child


def test_a_limit_that_strikes_in_a_function_that_sqlite_calls_is_known_for_what_it_is(depot: Depot) -> None:
    depot.worker("--concurrency=1")
    child = child_of(depot, "before")

    job = depot.send("count_days", "tidied up")

    depot.wait_until_over(job)
    assert depot.runs(job)[0]["error_type"].endswith("SoftTimeLimitExceeded")
    assert depot.count("tidied up") == 1
    assert child_of(depot, "after") == child
