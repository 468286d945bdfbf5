"""Counting for objectives: how many jobs ended, and how many late, minute by minute, each run a few times and no more.

A job is done when it has ended for good, and late if that is longer after it was due than its objective says, or if it
failed. One that was retried is counted from when it was sent. One that was cancelled is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, Count, Max, Q
from django.db.models.expressions import RawSQL

from hardy.conf import Settings, settings
from hardy.conf.objectives import Objective, objective
from hardy.db.buckets import Bucket
from hardy.db.clock import present, seconds_from_now
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.db.upsert import Upsert
from hardy.ledger.conditions import of_task
from hardy.ledger.models import Job, Run
from hardy.telemetry.models import ObjectiveMinute

#: Minutes that are counted again, for what was committed after it had ended; and that a first count goes back.
AGAIN, FIRST = 1, 5
#: Minutes that are kept, and of a gap in which nobody counted, counted later.
KEPT, GAP = 24 * 60, 60

#: How a job ends for good: an attempt that was lost is tried again, unless it was the last.
ENDED = Q(outcome__in=(Run.Outcome.SUCCEEDED, Run.Outcome.FAILED, Run.Outcome.REJECTED)) | Q(
    outcome=Run.Outcome.LOST, error_type="Crashed"
)
OUTCOMES = (Run.Outcome.SUCCEEDED, Run.Outcome.FAILED, Run.Outcome.REJECTED, Run.Outcome.LOST)
SINCE = "CASE WHEN attempt > 1 OR due_at < enqueued_at THEN enqueued_at ELSE due_at END"


def objectives_of(settings: Settings) -> tuple[Objective, ...]:
    """Return the project's objectives: for ``settings.derived``."""
    return tuple(objective(name, spec) for name, spec in settings.OBJECTIVES.items())


def objectives() -> tuple[Objective, ...]:
    """Return the project's objectives."""
    return settings.derived(objectives_of)


def count(wanted: Sequence[Objective]) -> int:
    """Count what has ended since the last count, and what goes on for too long; return how many jobs ended."""
    now = int(present().timestamp()) // 60
    first = _first(wanted, now)
    counted = _ended(wanted, first)
    overdue = _overdue(wanted)
    for number, one in enumerate(wanted):
        for minute in range(first, now + 1):
            ended, late = counted.get((number, minute), (0, 0))
            going_on = overdue[number] if minute == now else 0
            _write(
                ObjectiveMinute(objective=one.name, minute=minute, ended=ended, late=late, overdue=going_on)
            )
    ObjectiveMinute.objects.filter(minute__lt=now - KEPT).delete()
    return sum(ended for ended, _ in counted.values())


def _first(wanted: Sequence[Objective], now: int) -> int:
    """Return the minute from which to count: the last one of the objective that is furthest behind."""
    names = [one.name for one in wanted]
    rows = (
        ObjectiveMinute.objects.filter(objective__in=names).values("objective").annotate(last=Max("minute"))
    )
    last = {row["objective"]: row["last"] for row in rows.order_by()}
    furthest_behind: int = min(last.get(name, now - FIRST) for name in names)
    return max(furthest_behind - AGAIN, now - GAP)


def _ended(wanted: Sequence[Objective], first: int) -> Mapping[tuple[int, int], tuple[int, int]]:
    """Return how many jobs ended, and how many late, by the number of the objective and the minute."""
    runs = Run.objects.filter(
        ENDED, outcome__in=OUTCOMES, finished_at__gte=datetime.fromtimestamp(first * 60, UTC)
    )
    counts: dict[str, Any] = {}
    for number, one in enumerate(wanted):
        late = ~Q(outcome=Run.Outcome.SUCCEEDED) | Q(_took_longer_than(one.seconds))
        counts[f"ended_{number}"] = Count("id", filter=_about(one))
        counts[f"late_{number}"] = Count("id", filter=_about(one) & late)
    by_minute: Any = runs.filter(_about_any(wanted)).annotate(minute=Bucket("finished_at", 60)).order_by()
    return {
        (number, row["minute"]): (row[f"ended_{number}"], row[f"late_{number}"])
        for row in by_minute.values("minute").annotate(**counts)
        for number in range(len(wanted))
    }


def _overdue(wanted: Sequence[Objective]) -> list[int]:
    """Count the jobs that wait or run for longer than they may take, of each objective."""
    counts = {
        f"of_{number}": Count("id", filter=_about(one) & Q(due_at__lt=seconds_from_now(-one.seconds)))
        for number, one in enumerate(wanted)
    }
    soonest = seconds_from_now(-min(one.seconds for one in wanted))
    row = Job.objects.filter(_about_any(wanted), due_at__lt=soonest).aggregate(**counts)
    return [row[f"of_{number}"] for number in range(len(wanted))]


def _took_longer_than(seconds: float) -> RawSQL:
    elapsed = dialect_of(ledger_connection()).elapsed.format(earlier=SINCE, later="finished_at")
    return RawSQL(f"({elapsed}) > %s", [seconds], output_field=BooleanField())  # noqa: S611


def _about(one: Objective) -> Q:
    return Q(queue=one.name) | of_task(one.name)


def _about_any(wanted: Iterable[Objective]) -> Q:
    condition = Q()
    for one in wanted:
        condition |= _about(one)
    return condition


def _write(row: ObjectiveMinute) -> None:
    """Write over a minute that is there, or write a new one: an upsert each time would use up a number of the key."""
    fields = {"objective": row.objective, "minute": row.minute}
    said = {"ended": row.ended, "late": row.late, "overdue": row.overdue}
    if not ObjectiveMinute.objects.filter(**fields).update(**said):
        Upsert.of(row, settings.DATABASE, unique=["objective", "minute"])()
