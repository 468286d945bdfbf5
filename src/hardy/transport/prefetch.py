"""Looking ahead: while tasks are short, rows are reserved before there is room for them.

With a prefetch multiplier of 1, as the production checklist has it, a worker would ask the database once per task. For
tasks of a few milliseconds that question costs as much as the task. So a worker that is fast takes along what it will
have room for within the next moment, keeps it here, and gives back at once what it was wrong about: no row waits here
longer than :data:`LONGEST`, whoever else is idle.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hardy.ledger.reserve import Reserved

#: Seconds of work that are taken along.
PREFETCH_SECONDS = 0.05
#: Seconds after which a row that found no room goes back.
LONGEST = 0.1
#: Most rows that are taken along.
MOST = 50


class PrefetchBuffer:
    """Rows taken along, and how many more are worth taking."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: deque[Reserved] = deque()
        self._size = 0
        self._taken_at = clock()
        self._delivered = 0
        #: Grows whenever rows are taken along: says which of them a later question is about.
        self.batch = 0

    def __len__(self) -> int:
        return len(self._rows)

    def next(self, room: int) -> list[Reserved]:
        """Return up to ``room`` of the rows that were taken along."""
        rows = [self._rows.popleft() for _ in range(min(room, len(self._rows)))]
        self._delivered += len(rows)
        return rows

    def worth_taking(self) -> int:
        """Return how many rows to take along now: as many as ran in the last moments, grown from none by doubling."""
        elapsed = max(self._clock() - self._taken_at, 0.001)
        self._size = min(MOST, 2 * self._size + 1, int(self._delivered / elapsed * PREFETCH_SECONDS))
        return self._size

    def keep(self, rows: list[Reserved], room: int) -> list[Reserved]:
        """Return those of newly reserved rows that there is room for, and take the others along."""
        self._taken_at = self._clock()
        self.batch += 1
        self._rows += rows[room:]
        self._delivered = len(rows[:room])
        return rows[:room]

    @property
    def ids(self) -> list[str]:
        """The jobs of the rows that are here."""
        return [row.id for row in self._rows]

    def clear(self) -> None:
        """Forget every row, and take nothing along at first."""
        self._rows.clear()
        self._size = 0
