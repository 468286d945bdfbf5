"""What ran when: lines that the tasks of a trial append to a file, which no kill undoes.

Times are of the monotonic clock: all processes of a machine share it, and no skewed clock changes it.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple


class Start(NamedTuple):
    number: int
    at: float
    process: int
    worker: int


class Journal:
    """The file read so far; ``read()`` goes on where it stopped."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.touch()
        self.starts: list[Start] = []
        self.last_change = time.monotonic()
        self._ready: set[int] = set()
        self._open: dict[int, Start] = {}
        self._kills: list[tuple[int, float]] = []
        self._interrupted: list[tuple[Start, float]] = []
        self._read_until = 0

    def read(self) -> Journal:
        with self.file.open("rb") as file:
            file.seek(self._read_until)
            lines = file.read()
        lines = lines[: lines.rfind(b"\n") + 1]
        self._read_until += len(lines)
        for line in lines.decode().splitlines():
            self._note(*line.split())
        if lines:
            self.last_change = time.monotonic()
        return self

    def _note(self, what: str, number: str, at: str, process: str, worker: str) -> None:
        line = Start(int(number), float(at), int(process), int(worker))
        if what == "ready":
            self._ready.add(line.worker)
        elif what == "start":
            self.starts.append(line)
            self._open[line.process] = line
        else:
            self._open.pop(line.process, None)

    def is_ready(self, worker: int) -> bool:
        return worker in self._ready

    def running(self) -> list[Start]:
        """Attempts that have begun and not ended, in processes that were not killed."""
        return list(self._open.values())

    def killed(self, victim: int) -> None:
        """A worker with all its processes, or one process, was killed just now."""
        now = time.monotonic()
        self._kills.append((victim, now))
        self.read()
        for start in [start for start in self._open.values() if victim in (start.worker, start.process)]:
            self._interrupted.append((start, now))
            del self._open[start.process]

    @property
    def last_kill(self) -> float | None:
        return self._kills[-1][1] if self._kills else None

    @property
    def kills(self) -> int:
        return len(self._kills)

    def recoveries(self) -> list[float]:
        """Seconds from each kill to the next start of what it interrupted; what never started again has none."""
        later: dict[int, list[float]] = {}
        for start in self.starts:
            later.setdefault(start.number, []).append(start.at)
        again = (
            (min((at for at in later[start.number] if at > killed), default=None), killed)
            for start, killed in self._interrupted
        )
        return [at - killed for at, killed in again if at is not None]

    def most_starts(self, numbers: range) -> int:
        counted = Counter(start.number for start in self.starts)
        return max((counted[number] for number in numbers), default=0)

    def first_start_of(self, number: int) -> float | None:
        return next((start.at for start in self.starts if start.number == number), None)
