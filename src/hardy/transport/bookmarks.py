"""Bookmarks: how far each queue has been read, where reading it from the front has become slow.

On PostgreSQL a transaction that stays open for hours, a backup say, keeps whatever was deleted or changed since from
being cleaned up. A worker would walk over the index entries of all jobs that were taken meanwhile to find the next. So
it begins where it took the last one. What became due before that, because it committed late or was given back, is found
by a look from the front that is taken now and then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from hardy.ledger.reserve import NOWHERE, Reserved
from hardy.ledger.reserve import Bookmarks as Begin

#: Seconds from which a look from the front is called slow. A hundred rows take about a millisecond.
SLOW = 0.005
#: Seconds between two looks from the front; and the part of the time that they may take, if they take long.
PAUSE, SHARE = 0.9, 0.05


class Bookmarks:
    """Where one consumer begins to read each of its queues."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[str, dict[int, datetime]] = {}
        self._is_slow = False
        self._front_due = 0.0

    def begin(self) -> Begin:
        """Return where to begin now: from the front, unless that is slow and was done a moment ago."""
        return self._taken if self._is_slow and self._clock() < self._front_due else NOWHERE

    def read(self, begin: Begin, rows: Sequence[Reserved], seconds: float) -> None:
        """Remember what a look that began there found, and how long it took."""
        if begin is NOWHERE:
            self._is_slow = seconds > SLOW
            self._front_due = self._clock() + max(PAUSE, seconds / SHARE)
        for row in rows:
            if row.due_at is not None:
                self._taken.setdefault(row.queue, {})[row.priority] = row.due_at

    def forget(self) -> None:
        """Look from the front next time: rows have been given back."""
        self._front_due = 0.0
