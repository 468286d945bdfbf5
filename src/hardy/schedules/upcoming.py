"""Schedule entries in words, and when they fire next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from celery.schedules import crontab, maybe_schedule, schedule
from django.apps import apps

from hardy.conf.durations import in_units
from hardy.db.clock import present
from hardy.schedules.clock import by

#: Entries that a page shows.
MOST = 200
#: Times given of each.
NEXT = 5

#: The fields of a crontab, in its own order.
CRONTAB = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")

BEAT = "django_celery_beat"


@dataclass(frozen=True, slots=True)
class Entry:
    """One schedule entry; ``upcoming`` is empty for one that is switched off, or of a kind that says nothing ahead."""

    name: str
    task: str
    words: str
    enabled: bool
    last_run_at: datetime | None
    upcoming: list[datetime] = field(default_factory=list)
    in_code: bool = False
    row: int | None = None


def entries(app: Any) -> list[Entry]:
    """Return the entries of django-celery-beat's table, then those in ``beat_schedule`` that are not in it."""
    now = present()
    found = [_from_row(row, now) for row in table_rows()]
    named = {entry.name for entry in found}
    in_code = (app.conf.beat_schedule or {}).items()
    found += [_from_code(name, said, now, app) for name, said in in_code if name not in named]
    return sorted(found, key=lambda entry: (not entry.enabled, entry.name))[:MOST]


def upcoming(
    plan: Callable[[], Any], last: datetime | None, now: datetime, count: int = NEXT
) -> list[datetime]:
    """Return the next times at which the schedule that ``plan`` makes fires; nothing if it cannot say."""
    try:
        return list(islice(_times(plan(), last, now), count))
    except (ValueError, RuntimeError, OverflowError, TypeError, AttributeError):
        return []  # 30 February, or a schedule of somebody's own


def table_rows() -> Any:
    """Return the first rows of django-celery-beat's table, the enabled ones first; none where it is not installed."""
    if not apps.is_installed(BEAT):
        return []
    model = apps.get_model(BEAT, "PeriodicTask")
    kinds = ("crontab", "interval", "solar", "clocked")
    return model._default_manager.select_related(*kinds).order_by("-enabled", "name")[:MOST]


def _from_row(row: Any, now: datetime) -> Entry:
    times = _upcoming_of(row, now) if row.enabled else []
    return Entry(row.name, row.task, _words(row), row.enabled, row.last_run_at, times, row=row.pk)


def _upcoming_of(row: Any, now: datetime) -> list[datetime]:
    if row.clocked_id:
        return [row.clocked.clocked_time] if row.clocked.clocked_time > now else []
    times = upcoming(lambda: row.schedule, row.last_run_at, now, 1 if row.one_off else NEXT)
    return [moment for moment in times if row.expires is None or moment < row.expires]


def _words(row: Any) -> str:
    kind = row.crontab or row.interval or row.solar or row.clocked
    return str(getattr(kind, "human_readable", None) or kind or "never")


def _from_code(name: str, said: Any, now: datetime, app: Any) -> Entry:
    plan = maybe_schedule(said.get("schedule"), app=app)
    return Entry(
        name,
        str(said.get("task", "")),
        words_of(plan),
        True,
        None,
        upcoming(lambda: plan, None, now),
        in_code=True,
    )


def words_of(plan: Any) -> str:
    """Return a schedule that is written in code, in words."""
    if isinstance(plan, crontab):
        return _words_of_crontab({name: str(getattr(plan, f"_orig_{name}")) for name in CRONTAB})
    if isinstance(plan, schedule):
        return f"every {in_units(plan.run_every.total_seconds())}"
    return str(plan)


def _words_of_crontab(fields: dict[str, str]) -> str:
    if not apps.is_installed(BEAT):
        return "crontab " + " ".join(fields.values())
    row = apps.get_model(BEAT, "CrontabSchedule")(**fields)
    return str(row.human_readable.removesuffix(f" {row.timezone}"))


def _times(plan: Any, last: datetime | None, now: datetime) -> Iterator[datetime]:
    if isinstance(plan, crontab):
        yield from _of_crontab(plan, now)
    elif isinstance(plan, schedule) and plan.run_every > timedelta(0):
        yield from _of_interval(plan.run_every, last, now)
    else:
        zone_aware = by(lambda: now, plan)
        yield now + zone_aware.remaining_estimate(last or now)


def _of_crontab(plan: Any, now: datetime) -> Iterator[datetime]:
    moment = now
    while True:
        start, delta, _ = by(lambda: now, plan).remaining_delta(moment)
        moment = start + delta
        yield moment


def _of_interval(every: timedelta, last: datetime | None, now: datetime) -> Iterator[datetime]:
    moment = max((last or now - every) + every, now)
    while True:
        yield moment.astimezone(UTC)
        moment += every
