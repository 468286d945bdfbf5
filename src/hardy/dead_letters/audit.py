"""Who did what: the ledger's audit and the decisions about dead letters in one list, newest first.

Decisions are counted by what was decided about in one go, so that replaying a thousand letters is one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q

from hardy.dead_letters.models import Decision
from hardy.ledger.audit import AuditEntry

#: Decisions looked at, the newest; and ids of jobs that one line names.
NEWEST, NAMED = 20_000, 500
#: Lines that may have been written in the same moment.
SAME_MOMENT = 10

#: Every action there is, in words, by the name it is filtered by.
ACTIONS: dict[str, str] = {
    **{str(value): str(label) for value, label in AuditEntry.Action.choices},
    "replayed": "retried dead letters",
    "edited": "edited and retried a dead letter",
    "discarded": "discarded dead letters",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody did. ``target`` is a queue, a worker, or a task."""

    at: datetime
    by: str
    via: str
    action: str
    target: str
    count: int
    detail: str
    note: str
    #: The ids of the first jobs.
    jobs: list[str]

    @property
    def words(self) -> str:
        return ACTIONS.get(self.action, self.action)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines are meant; what is left out does not matter. ``by`` is a part of a name, ``job`` a whole id."""

    by: str = ""
    action: str = ""
    job: str = ""
    before: datetime | None = None

    def lines(self, size: int) -> list[Line]:
        """Return the newest ``size`` lines."""
        # SQLite compares times as text, and takes the line at `before` itself for older: a few more are asked for.
        more = size + SAME_MOMENT
        found = [*self._entries(more), *self._decisions(more)]
        found = [line for line in found if self.before is None or line.at < self.before]
        return sorted(found, key=lambda line: line.at, reverse=True)[:size]

    def _entries(self, size: int) -> Iterator[Line]:
        rows = AuditEntry.objects.filter(self._said("done_at"))
        if self.job:
            rows = rows.filter(Q(job=self.job) | Q(jobs__contains=json.dumps(self.job)))
        for row in rows.order_by("-done_at", "-id")[:size]:
            yield Line(
                row.done_at,
                row.by,
                row.via,
                row.action,
                row.target,
                row.count,
                row.detail,
                row.note,
                row.job_ids,
            )

    def _decisions(self, size: int) -> Iterator[Line]:
        edge = Decision.objects.order_by("-id").values_list("id", flat=True).first() or 0
        rows = Decision.objects.filter(self._said("decided_at"), id__gt=edge - NEWEST)
        if self.job:
            rows = rows.filter(job=self.job)
        batches = rows.order_by().values("batch", "action", "by", "note").annotate(
            at=Max("decided_at"), count=Count("id"), first=Min("task"), last=Max("task"),
        )  # fmt: skip
        newest = list(batches.order_by("-at")[:size])
        jobs = _jobs_of([row["batch"] for row in newest])
        for row in newest:
            task = row["first"] if row["first"] == row["last"] else ""
            named = jobs.get(row["batch"], [])
            yield Line(row["at"], row["by"], "", row["action"], task, row["count"], "", row["note"], named)

    def _said(self, time: str) -> Q:
        said = Q(**{f"{time}__lt": self.before}) if self.before else Q()
        if self.by:
            said &= Q(by__icontains=self.by)
        return said & Q(action=self.action) if self.action else said


def _jobs_of(batches: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = Decision.objects.filter(batch__in=batches).order_by("id").values_list("batch", "job")
    for batch, job in rows[: NAMED * 4]:
        found.setdefault(batch, []).append(job)
    return {batch: jobs[:NAMED] for batch, jobs in found.items()}
