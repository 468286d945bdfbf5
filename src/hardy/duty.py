"""Duty: one periodic thing the fleet must do, run inside every worker and beat process.

A duty is a class named in ``HARDY["DUTIES"]``::

    class CloseStaleCarts(Duty):
        every = timedelta(minutes=5)
        leader_only = True

        def tick(self) -> int:
            return Cart.objects.stale().delete()[0]
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from hardy.conf import settings
from hardy.leader import is_leader

logger = logging.getLogger(__name__)


class Duty:
    """One periodic piece of work. ``tick`` returns how many things it did; errors are logged, and it runs again."""

    #: The pause between the end of one tick and the start of the next.
    every: ClassVar[timedelta] = timedelta(seconds=10)
    #: True: only the process that holds the lease of this duty's name ticks.
    leader_only: ClassVar[bool] = False

    def tick(self) -> int:
        """Do the work that is due now, and return how many things were done."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def pause(self) -> float:
        """Seconds until the next tick, with a tenth of jitter so that a fleet does not march in step."""
        return self.every.total_seconds() * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, hides nothing


def load_duties() -> list[Duty]:
    """Return an instance of every duty in ``HARDY["DUTIES"]``, in that order."""
    return [import_string(path)() for path in settings.DUTIES]


class DutyRoster(threading.Thread):
    """A thread that ticks duties until it is told to stop. ``holder`` names this process in leases."""

    def __init__(self, duties: Sequence[Duty], holder: str) -> None:
        super().__init__(name="hardy-duties", daemon=True)
        self.holder = holder
        self._next_tick = {duty: time.monotonic() for duty in duties}
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(self._until_next()):
            for duty in self._due():
                self._tick(duty)
                self._next_tick[duty] = time.monotonic() + duty.pause
        connections.close_all()

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the tick in progress, if any, and end the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout)

    def _until_next(self) -> float:
        return max(0.0, min(self._next_tick.values(), default=time.monotonic() + 60) - time.monotonic())

    def _due(self) -> list[Duty]:
        now = time.monotonic()
        return [duty for duty, at in self._next_tick.items() if at <= now]

    def _tick(self, duty: Duty) -> None:
        close_old_connections()
        try:
            if not duty.leader_only or is_leader(duty.name, self.holder):
                duty.tick()
        except Exception:
            # A duty must outlive a database restart: log, drop the broken connections, try again next time.
            logger.exception("Duty %s failed; it runs again in %s", duty.name, duty.every)
            connections.close_all()
