"""What a worker has seen of its tasks since it started: attempts by outcome, and how long they waited and ran.

Numbers only grow. Labels are bounded: past :data:`MOST_TASKS` names the others are counted together.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

#: Tasks that are told of one by one; whoever names tasks after customers has them all under OTHER.
MOST_TASKS = 200
OTHER = "other"

#: Upper bounds in seconds: from what feels instant to what is worth a night's sleep.
BOUNDS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(slots=True)
class Histogram:
    """How many values were at most each of :data:`BOUNDS`, the last count being those beyond; and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    def copy(self) -> Histogram:
        return Histogram(list(self.counts), self.sum)


@dataclass(slots=True)
class Totals:
    """A tally at one moment."""

    #: By task and outcome.
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: By task.
    waits: dict[str, Histogram] = field(default_factory=dict)
    runs: dict[str, Histogram] = field(default_factory=dict)
    #: By what was connected to.
    retries: Counter[str] = field(default_factory=Counter)


class Listener(Protocol):
    """Hears what is counted, by the label under which it is."""

    def waited(self, task: str, seconds: float) -> None: ...

    def ended(self, task: str, outcome: str, seconds: float | None) -> None: ...


class Tally:
    """Counts, for all threads of a process."""

    def __init__(self) -> None:
        self._totals = Totals()
        self._names: set[str] = set()
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def also_tell(self, listener: Listener) -> None:
        """From now on tell ``listener``, too, what is counted."""
        self._listeners.append(listener)

    def waited(self, task: str, seconds: float) -> None:
        with self._lock:
            name = self._label(task)
            self._totals.waits.setdefault(name, Histogram()).observe(seconds)
        for listener in self._listeners:
            listener.waited(name, seconds)

    def ended(self, task: str, outcome: str, seconds: float | None) -> None:
        """Count an attempt; ``seconds`` is None for one whose run nobody has timed, as that of a killed child."""
        with self._lock:
            name = self._label(task)
            self._totals.attempts[name, outcome] += 1
            if seconds is not None:
                self._totals.runs.setdefault(name, Histogram()).observe(seconds)
        for listener in self._listeners:
            listener.ended(name, outcome, seconds)

    def retried(self, to: str) -> None:
        with self._lock:
            self._totals.retries[to] += 1

    def totals(self) -> Totals:
        """Return a copy."""
        with self._lock:
            now = self._totals
            return Totals(
                Counter(now.attempts),
                {name: one.copy() for name, one in now.waits.items()},
                {name: one.copy() for name, one in now.runs.items()},
                Counter(now.retries),
            )

    def _label(self, task: str) -> str:
        if task in self._names:
            return task
        if not task or len(self._names) >= MOST_TASKS:
            return OTHER
        self._names.add(task)
        return task
