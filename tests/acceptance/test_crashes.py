"""A killed process loses no task, and its history says what happened."""

from __future__ import annotations

import signal

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.acceptance.everywhere import everywhere, on_two
from tests.waiting import is_running, until


@everywhere
def test_a_task_whose_process_is_killed_runs_again(depot: Depot) -> None:
    depot.worker()

    job = depot.send("kill_child", "survived")

    depot.wait_until_over(job)
    assert depot.count("survived") == 1
    assert len(depot.effects("begun", job)) == 2
    assert depot.outcomes(job) == ["lost", "succeeded"]
    assert [run["attempt"] for run in depot.runs(job)] == [1, 2]
    assert depot.result(job) == ["SUCCESS", "survived"]


@everywhere
def test_a_killed_worker_is_buried_for_its_silence_and_its_task_runs_elsewhere(depot: Depot) -> None:
    # As if on a machine of its own: that its process is gone cannot be seen, only that it is silent.
    first = depot.worker(name="first", DEPOT_PLUGINS="depot.elsewhere", DEPOT_HARDY=hardy(**HASTY))
    job = depot.send("kill_worker", "survived")
    until(lambda: first.has_ended, otherwise="the worker was not killed")

    depot.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    depot.wait_until_over(job)
    assert depot.outcomes(job) == ["lost", "succeeded"]
    assert depot.count("survived") == 1


@on_two
def test_a_task_whose_worker_is_killed_runs_elsewhere_within_15_seconds_at_default_settings(
    depot: Depot,
) -> None:
    # As if on a machine of its own: that its process is gone cannot be seen, only that it is silent.
    first = depot.worker(name="first", DEPOT_PLUGINS="depot.elsewhere")
    path = depot.folder / "go"
    job = depot.send("wait_for", str(path), "survived")
    depot.wait_for_effect("begun", job)
    depot.worker(name="second")
    path.touch()  # the second attempt need not wait

    first.kill()

    depot.wait_for_effect("survived", job, seconds=15)
    depot.wait_until_over(job)
    assert depot.outcomes(job) == ["lost", "succeeded"]
    assert [run["worker"].partition("/")[0] for run in depot.runs(job)] == ["first@depot", "second@depot"]
    assert depot.count("survived") == 1


def test_a_child_does_not_outlive_its_worker_and_its_task_runs_elsewhere(depot: Depot) -> None:
    worker = depot.worker()
    path = depot.folder / "go"
    job = depot.send("wait_for", str(path), "done")
    depot.wait_for_effect("begun", job)
    child = depot.effects("begun", job)[0]["pid"]

    worker.signal(signal.SIGKILL)

    until(lambda: not is_running(child), otherwise="the child lives on")
    path.touch()
    depot.worker(name="two")
    depot.wait_until_over(job)
    assert depot.outcomes(job) == ["lost", "succeeded"]


def test_a_worker_that_was_killed_while_waiting_leaves_nothing_reserved(depot: Depot) -> None:
    first = depot.worker(
        "--concurrency=1", "--prefetch-multiplier=4", name="first", DEPOT_HARDY=hardy(**HASTY)
    )
    path = depot.folder / "go"
    long = depot.send("wait_for", str(path), "long")
    depot.wait_for_effect("begun", long)
    reserved = [depot.send("record", f"reserved {number}") for number in range(3)]
    until(lambda: depot.jobs(state="reserved") == 3, otherwise="nothing was reserved")

    first.signal_all(signal.SIGKILL)
    path.touch()
    depot.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    depot.wait_until_empty()
    assert [depot.outcomes(job) for job in reserved] == [["succeeded"]] * 3
    assert depot.outcomes(long) == ["lost", "succeeded"]
