"""Calls are kept as long as the history of their jobs."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.pruning import delete_some
from hardy.django_tasks.models import TaskCall
from hardy.duty import Duty
from hardy.ledger.models import Job, Run


class PruneCalls(Duty):
    """Deletes the calls of jobs that neither the ledger nor the history knows any more."""

    every = timedelta(seconds=60)
    leader_only = True

    def tick(self) -> int:
        least = min(settings.RUN_RETENTION.values())
        calls = TaskCall.objects
        forgotten = calls.filter(
            ~Exists(Job.objects.filter(id=OuterRef("id"))),
            ~Exists(Run.objects.filter(job=OuterRef("id"))),
            enqueued_at__lt=seconds_from_now(-least.total_seconds()),
        )
        deleted, self.has_more = delete_some(forgotten)
        return deleted
