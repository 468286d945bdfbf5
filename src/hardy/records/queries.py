"""Finding runs: what a list of finished attempts is chosen by, and which ones are new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet

from hardy.ledger.conditions import Filter, with_error
from hardy.ledger.jobs import AT_ONCE
from hardy.ledger.models import Run
from hardy.records.faults import HAS_FAULT

#: How far behind the newest run another may still appear: numbers are given out before their transactions commit.
OVERLAP = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter(Filter):
    """Which runs are meant; what is left out does not matter.

    ``error`` is a part of its type or of its text; ``older`` and ``newer`` count from the end of the attempt; ``ids``
    are those of jobs.
    """

    outcome: str = ""
    #: Of the error that the attempt ended with; see `hardy.records.faults`.
    fingerprint: str = ""

    def runs(self) -> QuerySet[Run]:
        """Return the runs that match, newest first."""
        return Run.objects.filter(*self._conditions()).order_by("-id")

    def _conditions(self) -> Iterable[Q]:
        yield self.shared("finished_at", "job")
        if self.outcome:
            yield Q(outcome=self.outcome)
        if self.fingerprint:
            yield Q(fingerprint=self.fingerprint) & Q(HAS_FAULT)
        if self.ids:
            yield Q(job__in=list(self.ids))
        if self.error:
            yield with_error(self.error)


class RunNews:
    """The runs of a filter as they end: each `look` returns those recorded since the one before, oldest first."""

    def __init__(self, wanted: RunFilter, limit: int) -> None:
        self._runs = wanted.runs()
        self._limit = limit
        self._newest: int | None = None
        self._seen: set[int] = set()

    def look(self) -> list[Run]:
        """Return what is new; at the first look the latest ``limit`` runs."""
        newest = _newest_number()
        if self._newest is None:
            found = list(reversed(self._runs[: self._limit]))
            self._seen = {run.id for run in found} | set(self._numbers_after(newest - OVERLAP))
        else:
            found = self._not_seen(self._newest - OVERLAP)
            self._seen |= {run.id for run in found}
        self._newest = newest
        self._seen = {number for number in self._seen if number > newest - OVERLAP}
        return found

    def _not_seen(self, after: int) -> list[Run]:
        numbers = [number for number in self._numbers_after(after) if number not in self._seen]
        parts = (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))
        return [run for part in parts for run in self._runs.filter(id__in=part).order_by("id")]

    def _numbers_after(self, after: int) -> QuerySet[Run, int]:
        return self._runs.filter(id__gt=after).order_by("id").values_list("id", flat=True)


def _newest_number() -> int:
    return Run.objects.aggregate(newest=Max("id"))["newest"] or 0
