"""What a process knows of its machine: which one it is, who of its neighbours lives, and how to die with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)

_forked_by_the_main_thread = False


@cache
def machine_id() -> str:
    """Return what processes that can see each other's pids have in common: the boot and the pid namespace.

    Empty where that cannot be told (not Linux, no /proc); then nobody's death is seen, only its silence.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def is_dead(pid: int) -> bool:
    """True if this machine has no process ``pid``, or only what is left of one that nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def running_seconds(pid: int) -> float:
    """Return how long process ``pid`` of this machine has run; 0 if it is gone, or is stopped (SIGSTOP) or dead."""
    state, started = _state_and_start(pid)
    if state in ("", "Z", "T", "t", "X"):
        return 0.0
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return max(0.0, uptime - started / os.sysconf("SC_CLK_TCK"))


def die_with_parent() -> None:
    """Let the kernel kill this pool child when its worker is killed: nobody would hear of what it does.

    Linux sends the signal when the *thread* that forked ends, so only children of the main thread ask for it.
    """
    if sys.platform == "linux" and _forked_by_the_main_thread:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _is_zombie(pid: int) -> bool:
    return _state_and_start(pid)[0] == "Z"


def _state_and_start(pid: int) -> tuple[str, int]:
    """Return a process's state and when it started, in clock ticks since the machine did; ``("", 0)`` if unknown."""
    try:
        # The state follows the command's name, which is in parentheses and may hold anything (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, IndexError, ValueError):
        return "", 0


def _note_who_forks() -> None:
    global _forked_by_the_main_thread
    _forked_by_the_main_thread = threading.current_thread() is threading.main_thread()


os.register_at_fork(before=_note_who_forks)
