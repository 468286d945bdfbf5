"""Killing a worker with kill -9. The ledger knows its process; whoever keeps it running starts it again."""

from __future__ import annotations

import os
import signal
import time

from hardy.ledger.machine import machine_id
from hardy.ledger.models import Worker
from hardy.ledger.queries import WorkerStatus, ledger_status


def workers_here() -> list[WorkerStatus]:
    """The live workers on this machine; a process number means nothing on another one."""
    here = set(Worker.objects.filter(kind="worker", machine=machine_id()).values_list("pid", flat=True))
    return [worker for worker in ledger_status().workers if worker.kind == "worker" and worker.pid in here]


class Killed:
    """A worker that was killed, and how long it took until another one was there."""

    def __init__(self, worker: WorkerStatus) -> None:
        self.pid, self.name = worker.pid, worker.name
        self._before = {other.pid for other in workers_here()}
        self._killed_at = time.monotonic()
        self.back_after_seconds: float | None = None
        os.kill(worker.pid, signal.SIGKILL)

    def look_for_the_next(self) -> None:
        """Notice the worker that takes its place."""
        if self.back_after_seconds is None and {worker.pid for worker in workers_here()} - self._before:
            self.back_after_seconds = time.monotonic() - self._killed_at


def kill_a_worker() -> Killed | None:
    """The busiest worker on this machine, killed; None when there is none."""
    found = sorted(workers_here(), key=lambda worker: worker.active, reverse=True)
    while found:
        try:
            return Killed(found.pop(0))
        except ProcessLookupError:  # it has ended, and the ledger does not know yet
            continue
    return None
