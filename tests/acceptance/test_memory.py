"""A task out of memory, or whose process the kernel kills for it, costs itself; worker and neighbours go on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere
from tests.waiting import is_running, until


@everywhere
@pytest.mark.parametrize("pool", ["--concurrency=1", "--pool=threads", "--pool=solo"])
def test_a_task_that_runs_out_of_memory_ends_no_worker(depot: Depot, pool: str) -> None:
    worker = depot.worker(pool)
    job = depot.send("run_out_of_memory", "never")
    good = [depot.send("record", f"good {number}") for number in range(5)]

    depot.wait_until_over(job, *good)

    assert not worker.has_ended
    assert len(depot.effects("begun", job)) == 1
    assert (depot.outcomes(job), (depot.letter(job) or {})["reason"]) == (["failed"], "failed")
    assert depot.runs(job)[0]["error_type"] == "MemoryError"
    assert depot.result(job) == ["FAILURE", "MemoryError()"]
    assert {depot.outcomes(one)[-1] for one in good} == {"succeeded"}
    assert depot.count("never") == 0


@pytest.mark.parametrize("how", ["at once", "in C code", "piece by piece"])
def test_a_process_that_hits_its_limit_is_replaced_and_its_job_follows_its_policy(
    depot: Depot, how: str
) -> None:
    worker = depot.worker("--concurrency=2")
    job = depot.send("exhaust_memory", how)
    good = [depot.send("record", f"good {number}") for number in range(10)]

    depot.wait_until_over(job, *good, seconds=60)

    limited = {effect["pid"] for effect in depot.effects("begun", job)}
    assert (depot.outcomes(job), (depot.letter(job) or {})["reason"]) == (["failed"], "failed")
    assert depot.runs(job)[0]["error_type"] == "MemoryError"
    assert {depot.outcomes(one)[-1] for one in good} == {"succeeded"}
    assert not worker.has_ended
    # What the process may have is little for good: it is not asked again.
    until(lambda: not any(is_running(pid) for pid in limited), otherwise="the process was not replaced")
    more = [depot.send("record", f"more {number}") for number in range(10)]
    depot.wait_until_over(*more)
    assert {depot.outcomes(one)[-1] for one in more} == {"succeeded"}


@everywhere
def test_a_process_that_the_kernel_kills_is_replaced_and_its_job_runs_again(
    depot: Depot, tmp_path: Path
) -> None:
    worker = depot.worker("--concurrency=2")
    job = depot.send("wait_for", str(tmp_path / "go on"), "done")
    depot.wait_for_effect("begun", job)

    os.kill(depot.effects("begun", job)[0]["pid"], signal.SIGKILL)
    good = [depot.send("record", f"good {number}") for number in range(10)]

    depot.wait_for_effect("begun", job, times=2)
    (tmp_path / "go on").touch()
    depot.wait_until_over(job, *good)
    assert depot.outcomes(job) == ["lost", "succeeded"]
    assert {depot.outcomes(one)[-1] for one in good} == {"succeeded"}
    assert not worker.has_ended


def test_a_job_whose_process_the_kernel_kills_each_time_is_a_dead_letter(depot: Depot) -> None:
    worker = depot.worker("--concurrency=2")
    job = depot.send("kill_child", "never", 99)
    good = [depot.send("record", f"good {number}") for number in range(10)]

    depot.wait_until_over(job, *good, seconds=60)

    assert (depot.letter(job) or {})["reason"] == "crashed"
    assert len(depot.effects("begun", job)) == 3
    assert {depot.outcomes(one)[-1] for one in good} == {"succeeded"}
    assert not worker.has_ended
