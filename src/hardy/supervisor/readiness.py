"""Knows when everything is up: every port answers, and who says so in words has said it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from hardy.supervisor.ports import answers
from hardy.supervisor.processes import Process

#: After this long words are not waited for any more: a worker may wait for its broker for hours.
PATIENCE_SECONDS = 15.0


class Readiness:
    """Who is still awaited."""

    def __init__(self, processes: Iterable[Process]) -> None:
        processes = list(processes)
        self._ports = {port for process in processes for port in process.ports.values()}
        self._words = {process.name: process.ready for process in processes if process.ready}
        self._until = time.monotonic() + PATIENCE_SECONDS

    def hear(self, name: str, line: str) -> None:
        """A line that a process has written."""
        if name in self._words and self._words[name] in line:
            del self._words[name]

    @property
    def is_over(self) -> bool:
        """Whether every port answers, and there is nobody to wait for any more, or nobody worth it."""
        self._ports = {port for port in self._ports if not answers(port)}
        return not self._ports and (not self._words or time.monotonic() > self._until)

    @property
    def missing(self) -> list[str]:
        """The names of those that have not said that they are up."""
        return list(self._words)
