"""What a killed worker left starts again at once, however long the broker's queue has grown."""

from __future__ import annotations

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.waiting import until

BACKLOG = 600
#: As if nobody had taken it over for a minute.
LATER = """
from hardy.db.clock import seconds_from_now
ledger.Job.objects.filter(id=job).update(due_at=seconds_from_now(-60))
"""


def test_the_task_of_a_killed_worker_runs_again_before_what_waits_in_the_broker(plant: Depot) -> None:
    path = plant.folder / "go"
    first = plant.worker(name="first", DEPOT_HARDY=hardy(**HASTY))
    running = plant.send("wait_for", str(path), "running")
    plant.wait_for_effect("begun", running)
    plant.run(f"for n in range({BACKLOG}): tasks.nap.delay(0.1)")
    first.kill()
    path.touch()

    second = plant.worker("-lINFO", name="second", DEPOT_HARDY=hardy(**HASTY))

    plant.wait_for_effect("running", running)
    assert plant.jobs(task="depot.nap") > 0, "it waited for all others"
    assert plant.outcomes(running)[0] == "lost"
    assert f"Reclaimed job {running} from a worker that died" in second.log


def test_what_no_worker_has_room_for_is_told_to_the_broker(plant: Depot) -> None:
    path, never = plant.folder / "go", plant.folder / "never"
    first = plant.worker(name="first", DEPOT_HARDY=hardy(**HASTY))
    running = plant.send("wait_for", str(path), "running")
    plant.wait_for_effect("begun", running)
    second = plant.worker("--concurrency=1", name="second", DEPOT_HARDY=hardy(**HASTY))
    second.wait_for("ready")
    # Both workers are busy for long now, each with everything it has.
    busy = [plant.send("wait_for", str(never), f"busy {number}") for number in range(2)]
    until(lambda: plant.jobs(state="running") == 3, otherwise="they are not busy")

    first.kill()
    until(lambda: plant.outcomes(running) == ["lost"], otherwise="it is not given back")
    plant.run(LATER, job=running)

    until(
        lambda: (plant.job(running) or {})["state"] == "queued",
        otherwise=lambda: f"the broker is not told: {plant.job(running)}",
    )
    path.touch()
    plant.worker(name="third", DEPOT_HARDY=hardy(**HASTY))
    plant.wait_for_effect("running", running)
    never.touch()
    plant.wait_until_over(*busy)
