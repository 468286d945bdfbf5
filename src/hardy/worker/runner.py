"""The duty runner: ticks the duties of ``HARDY["DUTIES"]`` in threads of every worker and beat process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from django.db import connections
from django.utils.module_loading import import_string

from hardy.conf import settings
from hardy.db.connections import tidy_connections
from hardy.db.dialect import ledger_connection
from hardy.db.leases import is_leader
from hardy.db.unanswered import cut_if_unanswered
from hardy.duty import Duty

logger = logging.getLogger(__name__)

#: Seconds that a due duty waits for the thread that is ticking another one; then the next thread takes it.
STEP = 0.1
#: Seconds that a tick may wait for one answer of the database while heartbeats get theirs.
HOURS = 24 * 3600.0


def load_duties() -> list[Duty]:
    """Return an instance of every duty in ``HARDY["DUTIES"]``, in that order."""
    return [import_string(path)() for path in settings.DUTIES]


class DutyRunner:
    """Ticks duties until it is told to stop; no duty waits for a slow one. ``holder`` names this process in leases.

    One thread does them all, one after another, on one database connection. While a tick takes long (a mail, a
    webhook, a broker that does not answer), a second thread ticks what is due meanwhile; while that one is slow too, a
    third. So a process has one connection for its duties, and one more for each that is slow at the moment.
    """

    def __init__(self, duties: Sequence[Duty], holder: str) -> None:
        self.holder = holder
        #: When each duty is due; one that is ticking is not in here.
        self._next_tick = {duty: time.monotonic() for duty in duties}
        #: Since when each duty that is ticking has been due.
        self._ticking: dict[Duty, float] = {}
        self._most = len(duties)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        self._start_next(after=0)

    def stop(self, timeout: float = 5.0) -> None:
        """Finish the ticks in progress, if any, within ``timeout`` seconds, and end the threads."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def is_alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def lags(self) -> dict[str, float]:
        """Return by duty how many seconds it has been due and is not done: 0 for one that waits for its time."""
        with self._lock:
            now = time.monotonic()
            due = {**self._next_tick, **self._ticking}
            return {duty.name: max(0.0, now - at) for duty, at in due.items()}

    def _start_next(self, *, after: int) -> None:
        """Start the thread that takes over when the first ``after`` are busy, unless it is there or has no use."""
        with self._lock:
            if len(self._threads) == after < self._most and not self._stopping.is_set():
                thread = threading.Thread(
                    target=self._run, args=(after,), name=f"hardy-duties-{after}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _run(self, rank: int) -> None:
        late_by = rank * STEP
        while not self._stopping.wait(self._until_next(late_by)):
            for duty in self._due(late_by):
                self._start_next(after=rank + 1)
                self._tick(duty)
                self._plan(duty)
            if rank:
                connections.close_all()  # it is needed rarely
        connections.close_all()

    def _until_next(self, late_by: float) -> float:
        with self._lock:
            soonest = min(self._next_tick.values(), default=time.monotonic() + STEP)
        return max(0.01 if late_by else 0.0, soonest + late_by - time.monotonic())

    def _due(self, late_by: float) -> Sequence[Duty]:
        """Take what has been due for ``late_by`` seconds: one duty at a time, so that others can take the rest."""
        with self._lock:
            latest = time.monotonic() - late_by
            due = [(at, duty.name, duty) for duty, at in self._next_tick.items() if at <= latest]
            if not due:
                return []
            *_, duty = min(due, key=lambda entry: entry[:2])
            self._ticking[duty] = self._next_tick.pop(duty)
            return [duty]

    def _plan(self, duty: Duty) -> None:
        with self._lock:
            self._next_tick[duty] = time.monotonic() + duty.pause
            self._ticking.pop(duty, None)

    def _tick(self, duty: Duty) -> None:
        duty.has_more = False  # one that fails waits its full pause
        try:
            tidy_connections()
            # Not for its own sake, a tick may take long; but where heartbeats get no answer it gets none either.
            with cut_if_unanswered(ledger_connection(), f"duty {duty.name}", HOURS):
                if not duty.leader_only or is_leader(duty.name, self.holder):
                    duty.tick()
        except Exception:
            # A duty must outlive a database restart: log, drop the broken connections, try again next time.
            logger.exception("Duty %s failed; it runs again in %s", duty.name, duty.every)
            connections.close_all()
