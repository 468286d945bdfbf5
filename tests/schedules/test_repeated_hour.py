"""Crontabs in the night in which an hour comes twice, asked as beat asks: whenever they said that they should be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.schedules import crontab
from django_celery_beat.tzcrontab import TzAwareCrontab

from hardy.schedules.clock import by

BERLIN = "Europe/Berlin"
#: On 25 October 2026 the clocks of Berlin went from 3:00 (1:00 UTC) back to 2:00.
EVENING, MORNING = datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)
HOURLY = [f"{hour:02}:00" for hour in (23, 0, 1, 2, 3, 4)]


@pytest.fixture
def app() -> Celery:
    app = Celery("night", set_as_current=False)
    app.conf.update(timezone=BERLIN, enable_utc=True)
    return app


def fired(schedule, start: datetime = EVENING, end: datetime = MORNING, late: float = 0.0) -> list[str]:
    """The times, in UTC, at which an entry is due that ran last at ``start``; beat asks ``late`` seconds late."""
    now = last = start
    times = []
    while now < end:
        due, seconds = by(lambda moment=now: moment, schedule).is_due(last)
        if due:
            times.append(f"{now:%H:%M}")
            last = now
        now += timedelta(seconds=max(1.0, min(seconds, 300.0)) + late)
    return times


def test_an_hourly_entry_is_due_in_both_hours(app):
    assert fired(crontab(minute=0, app=app)) == HOURLY


def test_one_with_a_zone_of_its_own_too(app):
    assert fired(TzAwareCrontab(minute=0, tz=ZoneInfo(BERLIN), app=app)) == HOURLY


def test_one_for_every_few_minutes_is_due_that_often_and_not_without_end(app):
    every_twenty = [f"{hour:02}:{minute:02}" for hour in (23, 0, 1, 2, 3, 4) for minute in (0, 20, 40)]

    assert fired(crontab(minute="*/20", app=app)) == ["22:40", *every_twenty]


@pytest.mark.parametrize("minute", ["0", "30", "*/20"])
def test_one_for_a_certain_hour_is_due_in_the_first_only(app, minute):
    times = fired(crontab(minute=minute, hour=2, app=app))

    assert times == {"0": ["00:00"], "30": ["00:30"], "*/20": ["00:00", "00:20", "00:40"]}[minute]


def test_it_is_due_though_beat_asks_late(app):
    assert len(fired(crontab(minute=0, app=app), late=90)) == 6


def test_what_was_missed_for_longer_is_made_good_once(app):
    down_since = EVENING - timedelta(days=3)
    now = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)

    assert by(lambda: now, crontab(minute=0, hour=12, app=app)).is_due(down_since)[0]
    assert not by(lambda: now, crontab(minute=0, hour=12, app=app)).is_due(now - timedelta(minutes=5))[0]


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 28, 22, 30, tzinfo=UTC), datetime(2026, 7, 1, 22, 30, tzinfo=UTC)]
)
def test_other_nights_are_as_they_were(app, day):
    assert len(fired(crontab(minute=0, app=app), day, day + timedelta(hours=6))) == 6


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/New_York", "America/Santiago"])
def test_so_it_is_in_every_zone(app, zone):
    """Once an hour for a year: Lord Howe Island sets its clocks back by half an hour."""
    app.conf.timezone = zone
    start = datetime(2026, 1, 1, 0, 15, tzinfo=UTC)
    times = fired(crontab(minute=0, app=app), start, start + timedelta(days=365))

    assert abs(len(times) - 365 * 24) <= 1
