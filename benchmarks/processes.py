"""What /proc knows of a worker's processes: which they are, the processor time they took, the memory they hold."""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def members(sessions: Collection[int]) -> Iterator[int]:
    """Yield the ids of every process of these sessions: a tool may give its children groups of their own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(_fields(int(entry.name))[3]) in sessions:
            yield int(entry.name)


def kill(sessions: Collection[int]) -> None:
    """Kill every process of these sessions, those that are born meanwhile too."""
    while alive := [pid for pid in members(sessions) if _fields(pid)[0] != "Z"]:
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def processor_seconds(sessions: Collection[int]) -> float:
    """Return user and system time of these sessions so far, children that have ended and were waited for included."""
    return sum(sum(map(int, _fields(pid)[11:15])) for pid in members(sessions)) / TICKS


def machine_seconds() -> float:
    """Return the time that all processors of the machine have worked so far, for whomever."""
    user, nice, system, _idle, _wait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def memory(sessions: Collection[int]) -> float:
    """Return the MiB that these sessions hold; what processes share counts once (PSS)."""
    return sum(map(_share, members(sessions))) / 1024


def _share(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none if the process is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return ["Z"] + ["0"] * 20
