"""Reading the ledger for one consumer: whose turn it is among its queues, and where in each of them to begin."""

from __future__ import annotations

import time
from collections.abc import Collection

from hardy.ledger import identity
from hardy.ledger.reserve import Reserved, reserve
from hardy.transport.bookmarks import Bookmarks
from hardy.transport.turns import Turns


class Reader:
    """Takes rows for this worker, and remembers what the next look needs to know."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._bookmarks = Bookmarks()

    def take(self, queues: Collection[str], limit: int) -> list[Reserved]:
        """Reserve up to ``limit`` rows of ``queues``."""
        begin, began = self._bookmarks.begin(), time.monotonic()
        rows = reserve(identity.name(), self._turns.of(queues), limit, begin)
        self._bookmarks.read(begin, rows, time.monotonic() - began)
        self._turns.served(row.queue for row in rows)
        return rows

    def look_from_the_front(self) -> None:
        """Rows were given back: they have been due for longer than those that were taken last."""
        self._bookmarks.forget()
