"""The pulse of this process: what it last did to stay alive, for whoever has to judge whether it lives.

Times are those of ``time.monotonic()``. Everything here is one attribute written by one thread, so nothing is locked.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from celery import bootsteps

from hardy.worker.stopping import is_told_to_stop

#: Seconds between two signs of the event loop.
PAUSE = 1.0


@dataclass(slots=True)
class Pulse:
    """One worker or beat process."""

    began: float = field(default_factory=time.monotonic)
    #: When a heartbeat last reached the ledger.
    beat: float | None = None
    #: When the thread of the heartbeat last tried, with or without success.
    tried: float | None = None
    #: When the event loop last turned; None while it is not connected, or where there is none.
    turned: float | None = None
    is_connected: bool = False
    #: The worker has been ready once.
    has_started: bool = False


pulse = Pulse()


class TakePulse(bootsteps.StartStopStep):  # type: ignore[misc]
    """Part of every worker's consumer: it is connected from its start to its stop, and its loop turns meanwhile."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        pulse.is_connected = True
        if _turns_while_tasks_run(consumer):
            pulse.turned = time.monotonic()
            self._timer = consumer.timer.call_repeatedly(PAUSE, _turn)

    def stop(self, consumer: Any) -> None:
        pulse.is_connected, pulse.turned = False, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def is_connected() -> bool:
    """Return whether this worker consumes from its broker and has not been told to stop."""
    return pulse.is_connected and not is_told_to_stop()


def _turns_while_tasks_run(consumer: Any) -> bool:
    """The timer of a loop that tasks hold up, or of a thread beside it, tells nothing of the loop."""
    return consumer.hub is not None and not getattr(consumer.pool, "body_can_be_buffer", False)


def _turn() -> None:
    pulse.turned = time.monotonic()
