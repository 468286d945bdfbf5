"""Whose turn it is: a worker that has room for one row at a time must not take them all from the same queue."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class Turns:
    """The queues that a worker reads, in the order in which they are served next."""

    def __init__(self) -> None:
        self._order: list[str] = []

    def of(self, queues: Collection[str]) -> list[str]:
        """Return ``queues``, those first that were not served for the longest time."""
        known = [queue for queue in self._order if queue in queues]
        self._order = [queue for queue in queues if queue not in known] + known
        return list(self._order)

    def served(self, queues: Iterable[str]) -> None:
        """Remember that rows of these queues were taken, in this order."""
        for queue in queues:
            self._order.remove(queue)
            self._order.append(queue)
