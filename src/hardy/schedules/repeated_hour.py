"""The hour that there is twice, when daylight saving time ends, and crontabs in it.

Celery adds to local times. That night it skips an hourly entry in the second of the two hours, and finds one for every
few minutes due without end. Near such an hour the minutes are therefore looked at one by one. As in cron(8), an entry
that asks for every hour runs in both, one for certain hours in the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

#: Hours that a crontab for every hour names.
EVERY_HOUR = 24
MINUTE = timedelta(minutes=1)
#: No zone sets its clocks back by more.
LONGEST = timedelta(hours=2)


def is_due(schedule: Any, last_run_at: datetime) -> tuple[bool, float]:
    """Answer as the crontab's own ``is_due``: whether it is due, and the seconds until it should be asked again."""
    now = schedule.now()
    due, seconds = type(schedule).is_due(schedule, last_run_at)
    if not _is_near_a_repeated_hour(now):
        return bool(due), float(seconds)
    last = last_run_at if last_run_at.tzinfo else last_run_at.replace(tzinfo=UTC)
    present = now.astimezone(UTC)
    looked_at = _matches(schedule, max(last, present - LONGEST), present)
    is_older = last < present - LONGEST  # what it missed before is Celery's to say
    upcoming = next(_matches(schedule, present, present + LONGEST), present + LONGEST)
    return bool(any(looked_at) or (is_older and due)), (upcoming - present).total_seconds()


def _is_near_a_repeated_hour(now: datetime) -> bool:
    present = now.astimezone(UTC)
    before, after = ((present + way).astimezone(now.tzinfo).utcoffset() for way in (-LONGEST, LONGEST))
    return before is not None and after is not None and before > after


def _matches(schedule: Any, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield each minute after one moment, and not after another, at which the crontab is due."""
    zone = schedule.now().tzinfo
    minute = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
    while minute <= until:
        shown = minute.astimezone(zone)
        if _names(schedule, shown) and (not shown.fold or len(schedule.hour) == EVERY_HOUR):
            yield minute
        minute += MINUTE


def _names(schedule: Any, shown: datetime) -> bool:
    return (
        shown.minute in schedule.minute
        and shown.hour in schedule.hour
        and shown.isoweekday() % 7 in schedule.day_of_week
        and shown.day in schedule.day_of_month
        and shown.month in schedule.month_of_year
    )
