"""Calls are kept as long as the history of their jobs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.pruning import Pruning, Step, delete_some
from hardy.django_tasks.models import TaskCall
from hardy.ledger.models import Job, Run


class PruneCalls(Pruning):
    """Deletes the calls of jobs that neither the ledger nor the history knows any more."""

    every = timedelta(seconds=60)

    def steps(self) -> Iterable[tuple[str, Step]]:
        yield "Django task calls", partial(delete_some, forgotten_calls())


def forgotten_calls() -> Any:
    """Return the calls of jobs that are neither in the ledger nor in the history."""
    least = min(settings.RUN_RETENTION.values())
    return TaskCall.objects.filter(
        ~Exists(Job.objects.filter(id=OuterRef("id"))),
        ~Exists(Run.objects.filter(job=OuterRef("id"))),
        enqueued_at__lt=seconds_from_now(-least.total_seconds()),
    )
