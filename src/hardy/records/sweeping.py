"""Deleting the runs of one outcome that are older than one period, where some tasks keep theirs for longer.

What is kept stays at the front of the index, where a search for what has expired would begin anew each time. So a sweep
remembers how far it has looked: each run is looked at once for each period, however many are kept. Once a day it begins
anew, for runs that were committed long after they had ended.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from hardy.db.dialect import dialect_of, ledger_connection
from hardy.db.pruning import CHUNK, CHUNKS, delete_keys
from hardy.ledger.models import Run
from hardy.records.retention import Retention

#: Runs that one statement reads. It takes no locks, so it may be longer than one that deletes.
READ = 5 * CHUNK
#: Seconds after which a sweep begins at the oldest run again.
AGAIN = 24 * 3600.0


class Sweep:
    """Looks at what is older than ``period``, the oldest first, and deletes what is not kept for longer."""

    def __init__(self, retention: Retention, outcome: str, period: timedelta) -> None:
        self.retention, self.outcome, self.period = retention, outcome, period
        #: When the last run that was looked at ended, as the database's driver says it, and its number.
        self._place: tuple[Any, int] | None = None
        self._begun = time.monotonic()

    def step(self) -> tuple[int, bool]:
        """Go on for a while; return how many runs were deleted, and whether more may have expired."""
        deleted = 0
        if time.monotonic() > self._begun + AGAIN:
            self._place, self._begun = None, time.monotonic()
        for _ in range(CHUNKS):
            found = self._next()
            expired = [id for id, task, _ in found if self._is_over(task)]
            for start in range(0, len(expired), CHUNK):
                deleted += delete_keys(Run, expired[start : start + CHUNK])
            if found:
                self._place = found[-1][2], found[-1][0]
            if len(found) < READ:
                return deleted, False
        return deleted, True

    def _is_over(self, task: str) -> bool:
        return self.retention.period(self.outcome, task) <= self.period

    def _next(self) -> list[tuple[int, str, Any]]:
        """Read the next runs: number, task, and when they ended.

        The place is compared as it is stored: SQLite keeps texts, of which equal times may be different ones. Of what
        looks calculated its driver makes no time.
        """
        connection = ledger_connection()
        dialect = dialect_of(connection)
        beyond, params = "", [self.outcome, dialect.seconds(-self.period.total_seconds())]
        if self._place is not None:  # the first condition is the index's, the second for those of one moment
            at, id = self._place
            beyond, params = " AND finished_at >= %s AND (finished_at > %s OR id > %s)", [*params, at, at, id]
        read = (
            "SELECT id, task, COALESCE(finished_at, finished_at) FROM hardy_run"
            f" WHERE outcome = %s AND finished_at < {dialect.later}{beyond}"
            " ORDER BY finished_at, id LIMIT %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(read, [*params, READ])
            return list(cursor.fetchall())
