"""The memory of a worker with its pool, where the system tells it (Linux)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
#: Bytes in the unit of `/proc/PID/statm`.
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident_bytes(pid: int | None = None) -> int | None:
    """Return the resident memory of a process (default: this one) and its children; None where nobody tells.

    What children share with their parent is counted for each: it is an upper bound, and grows when one of them does.
    """
    pid = os.getpid() if pid is None else pid
    own = _resident(pid)
    if own is None:
        return None
    return own + sum(_resident(child) or 0 for child in _children(pid))


def _resident(pid: int) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE
    return None


def _children(pid: int) -> list[int]:
    """Those that the main thread has forked, which are all of a pool."""
    with suppress(OSError, ValueError):
        return [
            int(child) for child in (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
        ]
    return []
