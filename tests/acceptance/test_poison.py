"""A task that kills whatever runs it is stopped; the others go on."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.acceptance.everywhere import everywhere
from tests.waiting import until

DEADLY = 99


@everywhere
def test_poison_tasks_start_at_most_three_times_and_good_tasks_are_all_done(depot: Depot) -> None:
    good = [depot.send("record", f"good {number}") for number in range(20)]
    kills_child = depot.send("kill_child", "never", DEADLY)
    kills_worker = depot.send("kill_worker", "never", DEADLY)
    good += [depot.send("record", f"good {number}") for number in range(20, 40)]
    worker = depot.worker(DEPOT_HARDY=hardy(**HASTY), ready=False)

    def all_over() -> bool:
        nonlocal worker
        if worker.has_ended:  # whatever watches over a worker starts it again
            worker = depot.worker(DEPOT_HARDY=hardy(**HASTY), ready=False)
        return not depot.jobs()

    until(all_over, seconds=90, otherwise=lambda: f"{depot.jobs()} jobs are not over")

    for poison in (kills_child, kills_worker):
        assert len(depot.effects("begun", poison)) <= 3
        assert depot.outcomes(poison) == ["lost"] * 3
        letter = depot.letter(poison)
        assert letter is not None and (letter["reason"], letter["attempts"]) == ("crashed", 3)
    assert depot.count("never") == 0
    assert {depot.outcomes(job)[-1] for job in good} == {"succeeded"}
    assert depot.result(kills_child)[0] == "FAILURE"


@everywhere
@pytest.mark.parametrize("pool", ["--concurrency=2", "--pool=threads"])
def test_a_job_beside_the_culprit_is_done_and_the_culprit_alone_is_dead(depot: Depot, pool: str) -> None:
    gate = depot.folder / "gate"
    innocent = depot.send("wait_for", str(gate), "done")
    poison = depot.send("kill_worker_beside", innocent)
    worker = depot.worker(pool, DEPOT_HARDY=hardy(**HASTY), ready=False)

    def all_over() -> bool:
        nonlocal worker
        if worker.has_ended:
            worker = depot.worker(pool, DEPOT_HARDY=hardy(**HASTY), ready=False)
        row = depot.job(innocent)  # not its effects: it may be killed between its claim and the first of them
        if (row and (row["state"], row["attempts"]) == ("running", 3)) or depot.letter(poison):
            gate.touch()
        return not depot.jobs()

    until(all_over, seconds=90, otherwise=lambda: f"{depot.jobs()} jobs are not over")

    assert depot.outcomes(innocent)[-1] == "succeeded"
    assert depot.letter(innocent) is None
    assert depot.count("done") == 1
    letter = depot.letter(poison)
    assert letter is not None and (letter["reason"], letter["attempts"]) == ("crashed", 3)
