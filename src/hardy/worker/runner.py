"""The duty runner: ticks the duties of ``HARDY["DUTIES"]`` in a thread of every worker and beat process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from hardy.conf import settings
from hardy.db.leases import is_leader
from hardy.duty import Duty

logger = logging.getLogger(__name__)


def load_duties() -> list[Duty]:
    """Return an instance of every duty in ``HARDY["DUTIES"]``, in that order."""
    return [import_string(path)() for path in settings.DUTIES]


class DutyRunner(threading.Thread):
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
