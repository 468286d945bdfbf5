"""A body that raises what is no `Exception` fails, once; its worker lives on, whatever pool it has."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import Depot

KINDS = ["SystemExit", "KeyboardInterrupt", "GeneratorExit"]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_its_worker_lives_on(depot: Depot, pool: str) -> None:
    worker = depot.worker(f"--pool={pool}", "--concurrency=1")

    for how in KINDS:
        for task in ("leave_early", "leave_early_async"):
            job = depot.send(task, how)
            depot.wait_until_over(job)

            assert depot.outcomes(job) == ["failed"], (how, task)
            assert depot.runs(job)[0]["error_type"].endswith(how)
            assert depot.letter(job)["reason"] == "failed"  # type: ignore[index]
            assert depot.result(job)[0] == "FAILURE"
            depot.wait_until_over(depot.send("record", f"after {how}"))

    assert depot.count("begun") == len(KINDS)
    assert not worker.has_ended
