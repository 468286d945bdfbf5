"""History is pruned in chunks, for as long as there is something to prune."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.pruning import delete_some
from hardy.duty import Duty
from hardy.ledger.models import DeadLetter, Job, Run, Tag


class Prune(Duty):
    """Deletes runs and tags older than ``RUN_RETENTION`` says, and dead letters older than ``DEAD_RETENTION``."""

    every = timedelta(seconds=60)
    leader_only = True

    def tick(self) -> int:
        done = [delete_some(rows) for rows in self._expired()]
        self.has_more = any(more for _, more in done)
        return sum(deleted for deleted, _ in done)

    def _expired(self) -> list[Any]:
        runs, letters = Run.objects, DeadLetter.objects
        expired: list[Any] = [
            runs.filter(outcome=outcome, finished_at__lt=seconds_from_now(-kept.total_seconds()))
            for outcome, kept in settings.RUN_RETENTION.items()
        ]
        if settings.DEAD_RETENTION is not None:
            expired.append(
                letters.filter(died_at__lt=seconds_from_now(-settings.DEAD_RETENTION.total_seconds()))
            )
        longest = max(settings.RUN_RETENTION.values()).total_seconds()
        waits = Exists(Job.objects.filter(id=OuterRef("job")))
        expired.append(Tag.objects.filter(~waits, tagged_at__lt=seconds_from_now(-longest)))
        return expired
