"""The default time limits cost a worker no memory for tasks that are over."""

from __future__ import annotations

from hardy.worker.timers import FEW
from tests.acceptance.depot import Depot
from tests.waiting import until

TIMERS = "[len_ for reply in app.control.broadcast('timers', reply=True) for len_ in reply.values()]"


def test_a_worker_keeps_no_timers_of_tasks_that_are_over(depot: Depot) -> None:
    depot.worker(DEPOT_PLUGINS="depot.timers")
    depot.run(f"for number in range({3 * FEW}): tasks.double.delay(number)")
    depot.wait_until_empty()

    until(lambda: depot.run(TIMERS)[0] <= FEW, otherwise=lambda: f"it keeps {depot.run(TIMERS)} timers")
