"""Who this process is: the name that claims, reservations and leases carry.

Pool children are forked from the worker and share its identity: what they hold is held by the worker's heartbeat.
"""

from __future__ import annotations

import os
import socket
import uuid

_name: str | None = None
_pid: int | None = None


def become(node: str) -> str:
    """Take a name for this process, unique for its life: ``celery@host/4711/1f3a9c``."""
    global _name, _pid
    _pid = os.getpid()
    _name = f"{node}/{os.getpid()}/{uuid.uuid4().hex[:6]}"
    return _name


def name() -> str:
    """Return this process's name; a process that never registered gets one when it first needs it."""
    return _name or become(f"process@{socket.gethostname()}")


def is_inherited() -> bool:
    """True in a process that was forked from the one that took the name."""
    return _pid is not None and _pid != os.getpid()
