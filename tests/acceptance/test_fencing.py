"""A second delivery and a second life do nothing twice."""

from __future__ import annotations

import signal

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.acceptance.everywhere import everywhere, on_two
from tests.waiting import until


@everywhere
def test_every_message_delivered_twice_takes_effect_once(depot: Depot) -> None:
    names = [f"task {number}" for number in range(50)]
    depot.worker(DEPOT_PLUGINS="depot.twice")

    depot.run("for name in names: tasks.record.delay(name)", names=names)

    depot.wait_until_empty()
    assert sorted(
        effect["name"] for effect in depot.run("list(models.Effect.objects.values('name'))")
    ) == sorted(names)
    assert depot.run("set(ledger.Run.objects.values_list('outcome', flat=True)) == {'succeeded'}")
    assert depot.run("ledger.Run.objects.count()") == 50


def test_a_long_task_delivered_twice_runs_once_and_is_not_taken_for_forgotten(depot: Depot) -> None:
    worker = depot.worker(DEPOT_PLUGINS="depot.twice", DEPOT_HARDY=hardy(**HASTY))
    path = depot.folder / "go"
    job = depot.send("wait_for", str(path), "done")
    depot.wait_for_effect("begun", job)
    worker.wait_for(" ignored")

    wait_for_heartbeats(depot, seconds=4 * HASTY["HEARTBEAT"])
    path.touch()

    depot.wait_until_over(job)
    assert len(depot.effects("begun", job)) == 1
    assert depot.outcomes(job) == ["succeeded"]


@everywhere
def test_a_worker_stopped_past_its_burial_records_nothing_when_it_wakes_up(depot: Depot) -> None:
    sleeper = depot.worker(name="sleeper", DEPOT_HARDY=hardy(**HASTY))
    path = depot.folder / "go"
    job = depot.run(
        "tasks.wait_for.apply_async([path, 'done'], link=tasks.record_quietly.si('linked')).id",
        path=str(path),
    )
    depot.wait_for_effect("begun", job)
    sleeper.signal_all(signal.SIGSTOP)
    second = depot.worker(name="second", DEPOT_HARDY=hardy(**HASTY))
    depot.wait_for_effect("begun", job, times=2)
    path.touch()
    depot.wait_until_empty()

    sleeper.signal_all(signal.SIGCONT)

    sleeper.wait_for("was fenced off; it records nothing")
    depot.wait_until_over(depot.send("record", "afterwards"))
    assert depot.outcomes(job) == ["lost", "succeeded"]
    assert depot.runs(job)[1]["worker"].startswith("second@depot")
    by_the_second = [effect["pid"] for effect in depot.effects("begun", job)][1]
    assert depot.result(job) == ["SUCCESS", f"done by {by_the_second}"]
    assert depot.count("linked") == 1
    assert depot.letter(job) is None
    assert not second.has_ended and not sleeper.has_ended


@on_two
def test_a_task_longer_than_many_burials_is_delivered_once(depot: Depot) -> None:
    for name in ("one", "two"):
        depot.worker(name=name, DEPOT_HARDY=hardy(**HASTY))
    path = depot.folder / "go"
    job = depot.send("wait_for", str(path), "long")
    depot.wait_for_effect("begun", job)

    wait_for_heartbeats(depot, seconds=3 * HASTY["HEARTBEAT_TIMEOUT"])
    path.touch()

    depot.wait_until_over(job)
    assert len(depot.effects("begun", job)) == 1
    assert depot.outcomes(job) == ["succeeded"]


@everywhere
@pytest.mark.parametrize("pool", ["solo", "threads"])
def test_a_task_that_holds_up_the_threads_of_its_worker_starts_once(depot: Depot, pool: str) -> None:
    depot.worker(f"--pool={pool}", "--concurrency=2", name="busy", DEPOT_HARDY=hardy(**HASTY))
    depot.run("tasks.record.delay('warm')")
    depot.wait_until_empty()
    job = depot.send("hold_the_interpreter", 5, "done")
    depot.wait_for_effect("begun", job)
    depot.worker(name="neighbour", DEPOT_HARDY=hardy(**HASTY))

    depot.wait_until_over(job)

    assert depot.outcomes(job) == ["succeeded"]
    assert len(depot.effects("begun", job)) == 1


def wait_for_heartbeats(depot: Depot, *, seconds: float) -> None:
    """Return once every worker of the fleet has been seen `seconds` later than now."""
    source = "[w.seen_at.timestamp() for w in ledger.Worker.objects.all()]"
    later = max(depot.run(source)) + seconds
    until(lambda: min(depot.run(source), default=0) > later, otherwise="the heartbeats stopped")
