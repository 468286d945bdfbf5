"""The audit: who did what to which queue, tasks or worker. It is written in the transaction of what was done.

What people decide about dead letters is kept with the letters themselves, in `hardy.dead_letters.models.Decision`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any, Literal

from django.db import models

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, Name

#: Ids of jobs that one entry names; it counts all of them.
NAMED = 500

#: Filters, as a detail names them, that tell of arguments.
OF_ARGUMENTS = re.compile(r"(?:^|, )(?:tag|q) ")

#: What is left of a note once its subject has been erased.
ERASED = "[erased]"

Via = Literal["control room", "command line", "admin", "code"]


class AuditEntry(Table):
    """One thing that a person had done. Written once, and counted on while a bulk action goes on."""

    class Action(models.TextChoices):
        PAUSED = "paused", "paused the queue"
        RESUMED = "resumed", "resumed the queue"
        PURGED = "purged", "purged the queue"
        MOVED = "moved", "moved to another queue"
        CANCELLED = "cancelled", "cancelled"
        STARTED = "started", "let start at once"
        RESCHEDULED = "rescheduled", "rescheduled"
        SHUT_DOWN = "shut down", "shut down the worker"
        RESTARTED = "restarted", "restarted the worker's pool"

    id = models.BigAutoField(primary_key=True)
    done_at = MomentField(db_index=True)
    by = models.CharField(max_length=NAME, blank=True, default="")
    via = models.CharField(max_length=16)
    action = models.CharField(max_length=16, choices=Action.choices)
    #: What it was done to, if that is no job: a queue, or a worker.
    target = models.CharField(max_length=NAME, blank=True, default="")
    #: The one job it was done to; "" where there are more, or none.
    job = Name(max_length=NAME, db_index=True, blank=True, default="")
    count = models.IntegerField(default=0)
    #: JSON: the ids of the first jobs.
    jobs = models.TextField(blank=True, default="[]")
    #: By which filter they were chosen, where to, or until when; and what the person said.
    detail = models.TextField(blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.target or self.count} by {self.by or 'nobody named'}"

    @property
    def job_ids(self) -> list[str]:
        return [str(id) for id in json.loads(self.jobs)]

    def record(self, jobs: Sequence[str]) -> None:
        """Write down all the jobs it has been done to so far. Call it in the transaction that did it."""
        self.count, self.job = len(jobs), jobs[0] if len(jobs) == 1 else ""
        self.jobs = json.dumps(jobs[:NAMED])
        self.save(using=settings.DATABASE)


def entry(
    action: str, *, by: Any, via: Via, target: str = "", detail: str = "", note: str = ""
) -> AuditEntry:
    """Return an entry that is not written yet."""
    said = {"target": target[:NAME], "detail": detail, "note": note.strip()}
    return AuditEntry(action=action, by=name_of(by), via=via, done_at=seconds_from_now(0), **said)


def without_arguments(detail: str) -> str:
    """Return a detail for whoever may not see arguments: tags, and what was searched for, are made of them."""
    if OF_ARGUMENTS.search(detail) is None:
        return detail
    return "by a filter that takes the permission hardy.view_arguments to see"


def name_of(by: Any) -> str:
    """Return who acts, as the audit keeps it: a user's name, or whatever was given."""
    return str(by.get_username() if hasattr(by, "get_username") else by or "")[:NAME]


def entries_about(jobs: Collection[str]) -> list[AuditEntry]:
    """Return what was done to these jobs one by one, newest first."""
    return list(AuditEntry.objects.filter(job__in=jobs).order_by("-id")[:10])


def entries_that_name(tags: Collection[str], jobs: Collection[str]) -> list[int]:
    """Return the ids of entries that tell of a subject: with a note on one of its jobs, or by a filter by its tag."""
    named = models.Q(job__in=jobs)
    for tag in tags:
        named |= models.Q(detail__contains=f"tag {tag}")
    rows = AuditEntry.objects.filter(named).exclude(detail="", note__in=("", ERASED))
    return [row.pk for row in rows if row.job in jobs or any(_names(row.detail, tag) for tag in tags)]


def erase_from(ids: Collection[int]) -> int:
    """Erase what these entries say; who did what to how many jobs, and when, stays. Return how many that were."""
    return AuditEntry.objects.filter(pk__in=ids).update(detail="", note=ERASED)


def _names(detail: str, tag: str) -> bool:
    """Whether a filter is by this tag, and not by one that only begins like it."""
    return re.search(rf"\btag {re.escape(tag)}(?:[,; ]|$)", detail) is not None
