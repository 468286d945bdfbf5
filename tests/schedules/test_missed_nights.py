"""What beat makes good when it was away: docs/guides/every-night.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from celery.schedules import crontab, schedule

from hardy.schedules.clock import by

TWO_NIGHTS_AGO = datetime(2026, 3, 8, 2, tzinfo=UTC)
AT_NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def app() -> Celery:
    app = Celery("nights", set_as_current=False)
    app.conf.update(timezone="UTC", enable_utc=True)
    return app


def is_due(plan, last: datetime, now: datetime) -> bool:
    return bool(by(lambda: now, plan).is_due(last)[0])


def test_missed_nights_are_made_good_once(app):
    every_night = crontab(hour=2, minute=0, app=app)

    assert is_due(every_night, TWO_NIGHTS_AGO, AT_NINE)
    assert not is_due(every_night, AT_NINE, AT_NINE + timedelta(hours=1))
    assert is_due(every_night, AT_NINE, AT_NINE + timedelta(hours=17, minutes=1))


def test_a_missed_interval_is_made_good_once_too(app):
    every_minute = schedule(60.0, app=app)

    assert is_due(every_minute, TWO_NIGHTS_AGO, AT_NINE)
    assert not is_due(every_minute, AT_NINE, AT_NINE + timedelta(seconds=30))


def test_past_the_deadline_a_missed_night_waits_for_the_next(app):
    app.conf.beat_cron_starting_deadline = 3600
    every_night = crontab(hour=2, minute=0, app=app)

    assert not is_due(every_night, TWO_NIGHTS_AGO, AT_NINE)
    assert is_due(every_night, TWO_NIGHTS_AGO, AT_NINE.replace(hour=2, minute=30))
