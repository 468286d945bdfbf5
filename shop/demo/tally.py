"""What the customers met, counted by many threads at once."""

from __future__ import annotations

from collections import Counter
from threading import Lock


class Tally:
    """Counts by name, and what went wrong in words."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._problems: list[str] = []
        self._lock = Lock()

    def add(self, what: str, number: int = 1) -> None:
        with self._lock:
            self._counts[what] += number

    def problem(self, words: str) -> None:
        with self._lock:
            self._problems.append(words)

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self._counts[what]

    @property
    def problems(self) -> list[str]:
        with self._lock:
            return list(self._problems)
