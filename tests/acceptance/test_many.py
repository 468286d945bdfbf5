"""Many tasks, many workers."""

from __future__ import annotations

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere


@everywhere
def test_a_thousand_tasks_over_three_workers_take_effect_once_each(depot: Depot) -> None:
    workers = [depot.worker(name=name, ready=False) for name in ("one", "two", "three")]
    for worker in workers:
        worker.wait_for(" ready.")

    depot.run("for number in range(1000): tasks.record.delay(f'task {number}')")

    depot.wait_until_empty(seconds=120)
    assert depot.run("models.Effect.objects.values('name').distinct().count()") == 1000
    assert depot.run("models.Effect.objects.count()") == 1000
    assert depot.run("ledger.Run.objects.filter(outcome='succeeded').count()") == 1000
    assert depot.run("ledger.Run.objects.values('worker').distinct().count()") == 3
