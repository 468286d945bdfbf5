"""How late schedule entries are: beat may be down, and then nothing in the queues looks wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import celery
from celery.schedules import maybe_schedule

from hardy.schedules.clock import by
from hardy.schedules.models import Firing
from hardy.schedules.upcoming import MOST, table_rows


def overdue(now: datetime) -> dict[str, float]:
    """Return for each enabled entry the seconds since it should have fired: 0 for one that is in time.

    One that has never fired is in time: nobody knows since when it is there. A schedule that cannot say when it is
    due is left out.
    """
    fired = dict(Firing.objects.values_list("entry", "fired_at")[: 10 * MOST])
    found: dict[str, float] = {}
    for name, plan, last in _entries():
        seconds = _seconds(plan, fired.get(name) or last, now)
        if seconds is not None:
            found.setdefault(name, seconds)
    return found


def _entries() -> Iterator[tuple[str, Callable[[], Any], datetime | None]]:
    for row in table_rows():
        if row.enabled and (row.expires is None or row.expires > datetime.now(UTC)):
            yield row.name, partial(getattr, row, "schedule"), row.last_run_at
    app = celery.current_app
    for name, said in list((app.conf.beat_schedule or {}).items())[:MOST]:
        yield name, partial(maybe_schedule, said.get("schedule"), app=app), None


def _seconds(plan: Callable[[], Any], last: datetime | None, now: datetime) -> float | None:
    try:
        schedule = plan()
        once_at = getattr(schedule, "clocked_time", None)
        if once_at is not None:
            return 0.0 if last is not None and last >= once_at else max(0.0, (now - once_at).total_seconds())
        if last is None:
            return 0.0
        aware = last if last.tzinfo else last.replace(tzinfo=UTC)
        left = by(lambda: now, schedule).remaining_estimate(aware)
        return max(0.0, -float(left.total_seconds()))
    except (ValueError, RuntimeError, OverflowError, TypeError, AttributeError):
        return None  # 30 February, or a schedule of somebody's own
