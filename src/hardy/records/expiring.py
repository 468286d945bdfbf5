"""What has expired and is still there: counts, each with the setting that says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from hardy.conf import settings
from hardy.records.duties import expired_letters, expired_runs, expired_tags
from hardy.records.retention import Retention


@dataclass(frozen=True, slots=True)
class Expired:
    """So many rows would go: what they are, and which setting keeps them no longer than ``kept``."""

    what: str
    why: str
    kept: timedelta
    count: int


def expired_history() -> list[Expired]:
    """Count the runs, dead letters and tags that have expired, to the last row."""
    retention = settings.derived(Retention.of)
    found = [one for outcome in retention.outcomes for one in _runs(retention, outcome)]
    if settings.DEAD_RETENTION is not None:
        letters = expired_letters(settings.DEAD_RETENTION).count()
        found.append(Expired("dead letters", "DEAD_RETENTION", settings.DEAD_RETENTION, letters))
    tags = expired_tags(retention.longest).count()
    found.append(Expired("tags", "the longest that a run is kept", retention.longest, tags))
    return [one for one in found if one.count]


def _runs(retention: Retention, outcome: str) -> list[Expired]:
    counts: Counter[tuple[str, timedelta]] = Counter()
    for period in retention.periods(outcome):
        by_task = expired_runs(outcome, period).order_by().values_list("task").annotate(count=Count("id"))
        for task, count in by_task:
            if retention.period(outcome, task) == period:
                counts[retention.reason(outcome, task), period] += count
    return [Expired(f"{outcome} runs", why, period, count) for (why, period), count in counts.items()]
