"""The workers of this host that may be killed: registered workers whose process is here and looks like a worker."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from hardy.ledger.queries import WorkerStatus, ledger_status


def workers_here() -> list[WorkerStatus]:
    """Return the live workers that run on this host; the process table must agree with the ledger."""
    return [worker for worker in ledger_status().workers if worker.kind == "worker" and is_here(worker)]


def is_here(worker: WorkerStatus) -> bool:
    """A process id says nothing about another host's processes, so the node's name must be of this one."""
    host = worker.name.partition("@")[2]
    return host in {socket.gethostname(), socket.getfqdn()} and _is_a_worker(worker.pid)


def kill(worker: WorkerStatus) -> bool:
    """End a worker as a power cut would; False if it had ended already."""
    try:
        os.kill(worker.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _is_a_worker(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # gone; or a system without /proc, where nothing is killed that cannot be recognised
        return False
    return b"celery" in command and b"worker" in command
