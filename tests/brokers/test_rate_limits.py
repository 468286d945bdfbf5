"""A rate limit with a broker behind the ledger: what is over it leaves the worker, and comes back in its turn."""

from __future__ import annotations

import json
import signal

from tests.acceptance.depot import Depot
from tests.waiting import until


def test_limited_tasks_keep_no_other_from_starting_and_go_back_when_the_worker_leaves(plant: Depot) -> None:
    limited = plant.run("[tasks.hardly_ever.delay(f'limited {n}').id for n in range(50)]")
    plant.send("record", "unlimited")

    worker = plant.worker("--concurrency=1")
    plant.wait_for_effect("unlimited")

    held = {"id__in": limited, "state": "held", "worker": ""}
    until(lambda: plant.jobs(**held) == 49, otherwise="limited tasks are with the worker or in the broker")
    worker.signal(signal.SIGTERM)
    assert worker.exit_code() == 0
    assert plant.jobs(id__in=limited, attempts=0) == 49
    # There is no limit any more: all of them come by way of the broker.
    plant.worker(name="two", DEPOT_SETTINGS=without_limits(plant))
    plant.wait_until_over(*limited)
    assert plant.run("models.Effect.objects.filter(name__startswith='limited').count()") == 50


def test_limited_tasks_run_once_each(plant: Depot) -> None:
    plant.worker("--concurrency=1")
    limited = plant.run("[tasks.seldom.delay(f'limited {n}').id for n in range(8)]")

    plant.wait_until_over(*limited)

    done = plant.run("list(models.Effect.objects.order_by('id').values_list('name', flat=True))")
    assert sorted(done) == [f"limited {number}" for number in range(8)]
    assert all(plant.outcomes(job) == ["succeeded"] for job in limited)


def without_limits(plant: Depot) -> str:
    return json.dumps(
        {**json.loads(plant.environment["DEPOT_SETTINGS"]), "CELERY_WORKER_DISABLE_RATE_LIMITS": True}
    )
