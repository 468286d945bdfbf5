"""History is pruned in chunks, so that no statement holds a table for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.duty import Duty
from hardy.ledger.models import DeadLetter, Run

#: Rows deleted by one statement, and statements by one tick.
CHUNK = 1000
CHUNKS = 20


class Prune(Duty):
    """Deletes runs older than their outcome's ``RUN_RETENTION``, and dead letters older than ``DEAD_RETENTION``."""

    every = timedelta(seconds=60)
    leader_only = True

    def tick(self) -> int:
        return sum(self._prune(rows) for rows in self._expired())

    def _expired(self) -> list[Any]:
        runs, letters = Run.objects.using(settings.DATABASE), DeadLetter.objects.using(settings.DATABASE)
        expired: list[Any] = [
            runs.filter(outcome=outcome, finished_at__lt=seconds_from_now(-kept.total_seconds()))
            for outcome, kept in settings.RUN_RETENTION.items()
        ]
        if settings.DEAD_RETENTION is not None:
            expired.append(
                letters.filter(died_at__lt=seconds_from_now(-settings.DEAD_RETENTION.total_seconds()))
            )
        return expired

    def _prune(self, rows: Any) -> int:
        pruned = 0
        for _ in range(CHUNKS):
            ids = list(rows.values_list("pk", flat=True)[:CHUNK])
            if not ids:
                break
            pruned += rows.model.objects.using(rows.db).filter(pk__in=ids).delete()[0]
        return pruned
