"""A task that runs out of memory fails; its worker and its neighbours go on."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere


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
