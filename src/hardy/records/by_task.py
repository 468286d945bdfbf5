"""Which tasks are slow and which fail, among the newest attempts of a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, F, FloatField, Max, Q
from django.db.models.expressions import RawSQL

from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.models import Run
from hardy.records.outcomes import FAILURES

#: Attempts looked at, the newest; tasks of each list.
NEWEST, TASKS = 20_000, 5


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """One task: its attempts, how many of them failed, and the seconds that they ran."""

    task: str
    attempts: int
    failed: int
    mean: float
    longest: float

    @property
    def failed_percent(self) -> float:
        return 100.0 * self.failed / self.attempts


@dataclass(frozen=True, slots=True)
class Worst:
    """The slowest, and those that fail most often."""

    slowest: list[TaskFigures]
    failing: list[TaskFigures]
    #: More attempts ended in the range than were looked at.
    is_partial: bool


def edge_of_newest() -> int:
    """Return the number after which the attempts that are looked at begin."""
    return (Run.objects.aggregate(newest=Max("id"))["newest"] or 0) - NEWEST


def worst_since(begin: datetime, edge: int) -> Worst:
    """Judge the tasks whose attempts ended since ``begin``."""
    ended = Run.objects.filter(id__lte=edge).order_by("-id").values_list("finished_at", flat=True).first()
    found = [_figures(row) for row in _grouped(begin, edge)]
    ran = [task for task in found if task.mean > 0]
    failed = [task for task in found if task.failed]
    return Worst(
        sorted(ran, key=lambda task: -task.mean)[:TASKS],
        sorted(failed, key=lambda task: (-task.failed, task.task))[:TASKS],
        ended is not None and ended >= begin,
    )


def _grouped(begin: datetime, edge: int) -> list[dict[str, Any]]:
    elapsed = dialect_of(ledger_connection()).elapsed.format(earlier="started_at", later="finished_at")
    took = RawSQL(elapsed, [], output_field=FloatField())  # noqa: S611 - fragments of our own
    lately = Run.objects.filter(id__gt=edge, finished_at__gte=begin).annotate(took=took)
    rows = lately.order_by().values("task").annotate(
        attempts=Count("id"), failed=Count("id", filter=Q(outcome__in=FAILURES)),
        mean=Avg(F("took")), longest=Max(F("took")),
    )  # fmt: skip
    return [dict(row) for row in rows.order_by("-attempts")[:1000]]


def _figures(row: dict[str, Any]) -> TaskFigures:
    seconds = (max(0.0, float(row[name] or 0)) for name in ("mean", "longest"))
    return TaskFigures(row["task"], row["attempts"], row["failed"], *seconds)
