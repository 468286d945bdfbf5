"""Faults: the attempts that ended with an error, grouped by its fingerprint.

A list looks at the newest attempts that ended badly and no further, so it takes as long on a history of a million rows;
what is known of one fault is found by an index of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from hardy.db.counting import Counted, count_up_to
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.models import Run
from hardy.ledger.overview import moment

#: How attempts end that raised something, or ended their worker.
BAD = (Run.Outcome.FAILED, Run.Outcome.RETRIED, Run.Outcome.REJECTED, Run.Outcome.LOST)
#: Attempts of each such outcome that a list looks at, the newest first.
LOOKED_AT = 20_000

#: What SQLite must read in a statement to use the index on faults, which knows nothing of other runs.
HAS_FAULT = RawSQL("hardy_run.fingerprint > ''", [], output_field=BooleanField())

LARGE = ("result", "traceback", "arguments")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFilter:
    """Which faults are meant; what is left out does not matter. ``newer`` counts from the end of an attempt."""

    task: str = ""
    newer: timedelta | None = None

    def __bool__(self) -> bool:
        return bool(self.task or self.newer)

    def is_about(self, task: str) -> bool:
        """Whether this task is meant; a ``*`` at the end stands for any ending."""
        if self.task.endswith("*"):
            return task.startswith(self.task[:-1])
        return not self.task or task == self.task


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: how often and when it was seen, by which releases, and the latest attempt that ended with it."""

    fingerprint: str
    latest: Run
    count: Counted
    #: When it was first seen, of all that is in the history.
    first: datetime
    last: datetime
    #: The releases that were seen with it, the latest first; empty where none is recorded.
    releases: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Faults:
    """The most frequent faults. ``more``: others match; ``is_partial``: older attempts were not looked at."""

    faults: list[Fault]
    more: bool = False
    is_partial: bool = False


@dataclass(slots=True)
class _Seen:
    """What the attempts with one fault have in common, as far as they were looked at."""

    count: int = 0
    #: The number of the latest one.
    latest: int = 0
    first: datetime | None = None
    last: datetime | None = None
    #: Each release with when it was last seen.
    releases: dict[str, datetime] = field(default_factory=dict)

    def add(self, release: str, count: int, latest: int, first: datetime, last: datetime) -> None:
        self.count += count
        self.latest = max(self.latest, latest)
        self.first, self.last = min(self.first or first, first), max(self.last or last, last)
        if release:
            self.releases[release] = max(self.releases.get(release, last), last)


def faults(wanted: FaultFilter, limit: int) -> Faults:
    """Return the faults that match, the most frequent first."""
    seen: dict[str, _Seen] = {}
    is_partial = False
    for outcome in BAD:
        rows = _newest(outcome, wanted.newer)
        is_partial = is_partial or sum(count for _, _, _, count, *_ in rows) >= LOOKED_AT
        for fingerprint, task, *said in rows:
            if fingerprint and wanted.is_about(task):
                seen.setdefault(fingerprint, _Seen()).add(*said)
    ranked = sorted(seen, key=lambda one: (-seen[one].count, -seen[one].latest))
    latest = Run.objects.defer(*LARGE).in_bulk([seen[one].latest for one in ranked[:limit]])
    found = [
        _fault(one, seen[one], latest[seen[one].latest], is_partial)
        for one in ranked[:limit]
        if seen[one].latest in latest  # else it has been pruned since
    ]
    return Faults(found, len(ranked) > limit, is_partial)


def fault(fingerprint: str) -> Fault | None:
    """Return what is known of one fault, or None if no attempt in the history ended with it."""
    rows = with_fault(fingerprint)
    latest = rows.order_by("-finished_at", "-id").first()
    first = _first(fingerprint)
    if latest is None or first is None:
        return None
    newest = rows.order_by("-finished_at")[:LOOKED_AT].values_list("release", flat=True)
    releases = tuple(dict.fromkeys(release for release in newest if release))
    return Fault(fingerprint, latest, count_up_to(rows), first, latest.finished_at, releases)


def with_fault(fingerprint: str) -> QuerySet[Run]:
    """Return the attempts that ended with one fault."""
    return Run.objects.filter(HAS_FAULT, fingerprint=fingerprint)


def _fault(fingerprint: str, seen: _Seen, latest: Run, is_partial: bool) -> Fault:
    first = _first(fingerprint) or latest.finished_at
    releases = sorted(seen.releases, key=lambda release: seen.releases[release], reverse=True)
    count = Counted(seen.count, more=is_partial and first < (seen.first or first))
    return Fault(fingerprint, latest, count, first, seen.last or latest.finished_at, releases)


def _first(fingerprint: str) -> datetime | None:
    return with_fault(fingerprint).order_by("finished_at").values_list("finished_at", flat=True).first()


def _newest(outcome: str, newer: timedelta | None) -> list[tuple[Any, ...]]:
    """Count the newest attempts that ended so: fingerprint, task, release, how many, the latest, and the times."""
    dialect = dialect_of(ledger_connection())
    age = "" if newer is None else f" AND finished_at >= {dialect.later}"
    newest = (
        "SELECT id, fingerprint, task, release_name, finished_at FROM hardy_run"
        f" WHERE outcome = %s{age} ORDER BY finished_at DESC LIMIT %s"
    )
    count = (
        "SELECT fingerprint, task, release_name, COUNT(*), MAX(id), MIN(finished_at), MAX(finished_at)"
        f" FROM ({newest}) AS newest GROUP BY fingerprint, task, release_name"
    )
    since = [] if newer is None else [dialect.seconds(-newer.total_seconds())]
    with ledger_connection().cursor() as cursor:
        cursor.execute(count, [str(outcome), *since, LOOKED_AT])
        return [(*row[:5], moment(row[5]), moment(row[6])) for row in cursor.fetchall()]
