"""Timers that were cancelled are let go of, not kept until their time comes.

Celery's pool sets a timer for the time limit of each task, and cancels it when the task is over. kombu keeps what is
cancelled in its queue until it would have been due: with a limit of 25 minutes and 500 tasks a second that is 750,000
entries, and 400 MiB.
"""

from __future__ import annotations

import heapq
from typing import Any

from celery import bootsteps

#: Seconds between two looks.
PAUSE = 1.0
#: So few are left alone.
FEW = 100


class DropCancelledTimers(bootsteps.StartStopStep):  # type: ignore[misc]
    """Part of every worker's consumer that has an event loop."""

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        if consumer.hub is not None:
            self._timer = consumer.timer.call_repeatedly(PAUSE, drop_cancelled, (consumer.timer,))

    def stop(self, consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def drop_cancelled(timer: Any) -> None:
    """Take out of ``timer`` what was cancelled. It is called by the loop that the timer belongs to."""
    queue = timer._queue
    if len(queue) > FEW:
        queue[:] = [scheduled for scheduled in queue if not scheduled.entry.cancelled]
        heapq.heapify(queue)
