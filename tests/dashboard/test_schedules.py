"""Schedules in words, and their next times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import crontab, schedule
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask

from hardy.schedules.upcoming import upcoming, words_of
from tests.dashboard.tasks import alive

pytestmark = pytest.mark.usefixtures("desk")

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # a Monday


@pytest.fixture
def lines(ada, desk):
    before, desk.conf.beat_schedule = desk.conf.beat_schedule, {}
    PeriodicTask.objects.all().delete()
    yield lambda: {line["entry"].name: line for line in ada.get("/hardy/schedules/").context["entries"]}
    desk.conf.beat_schedule = before


def test_without_entries_the_page_says_where_they_are_made(ada, lines):
    assert lines() == {}
    assert "No schedule entry" in ada.get("/hardy/schedules/").content.decode()


def test_entries_are_shown_in_words_with_their_next_times(ada, lines):
    crontab_ = CrontabSchedule.objects.create(minute="0", hour="*/6", timezone="UTC")
    every = IntervalSchedule.objects.create(every=10, period="minutes")
    PeriodicTask.objects.create(name="sync", task="products.sync", crontab=crontab_)
    PeriodicTask.objects.create(name="look", task="products.look", interval=every)
    PeriodicTask.objects.create(name="off", task="products.off", interval=every, enabled=False)

    found = lines()

    assert list(found) == ["look", "sync", "off"]
    assert "6 hours" in found["sync"]["entry"].words
    assert found["look"]["entry"].words == "every 10 minutes"
    assert [len(found[name]["upcoming"]) for name in ("look", "sync", "off")] == [5, 5, 0]
    hours = [moment.hour % 6 for _, moment in found["sync"]["upcoming"]]
    assert hours == [0, 0, 0, 0, 0]


def test_an_entry_for_one_moment_says_it_while_it_is_ahead(lines):
    ahead = ClockedSchedule.objects.create(clocked_time=datetime(2100, 1, 1, tzinfo=UTC))
    over = ClockedSchedule.objects.create(clocked_time=datetime(2000, 1, 1, tzinfo=UTC))
    PeriodicTask.objects.create(name="ahead", task="a", clocked=ahead, one_off=True)
    PeriodicTask.objects.create(name="over", task="a", clocked=over, one_off=True)

    found = lines()

    assert [len(found[name]["upcoming"]) for name in ("ahead", "over")] == [1, 0]


def test_entries_in_code_are_shown_too(lines, desk):
    desk.conf.beat_schedule = {"digest": {"task": "mail.digest", "schedule": crontab(hour=8, minute=0)}}

    line = lines()["digest"]

    assert line["entry"].in_code
    assert "At 08:00" in line["entry"].words


def test_the_page_says_when_no_beat_process_runs(ada, lines):
    PeriodicTask.objects.create(
        name="look", task="a", interval=IntervalSchedule.objects.create(every=1, period="hours")
    )

    assert "No beat process is running" in ada.get("/hardy/schedules/").content.decode()
    alive(kind="beat", name="beat@here")
    assert "No beat process is running" not in ada.get("/hardy/schedules/").content.decode()


def test_the_next_times_of_a_crontab_follow_each_other():
    plan = crontab(hour=8, minute=0, day_of_week="monday", nowfun=lambda: NOW)

    assert upcoming(lambda: plan, None, NOW, 2) == [
        NOW.replace(day=9, hour=8, minute=0),
        NOW.replace(day=16, hour=8, minute=0),
    ]


def test_an_interval_goes_on_from_its_last_run_and_is_due_now_if_that_is_long_ago():
    plan = schedule(timedelta(minutes=10), nowfun=lambda: NOW)

    assert upcoming(lambda: plan, NOW - timedelta(minutes=4), NOW, 2) == [
        NOW + timedelta(minutes=m) for m in (6, 16)
    ]
    assert upcoming(lambda: plan, NOW - timedelta(days=4), NOW, 1) == [NOW]


def test_a_day_that_never_comes_has_no_next_time(lines):
    never = CrontabSchedule.objects.create(minute="0", hour="0", day_of_month="30", month_of_year="2")
    PeriodicTask.objects.create(name="never", task="a", crontab=never)

    assert lines()["never"]["upcoming"] == []


def test_words_for_what_is_no_crontab():
    assert words_of(schedule(90.0)) == "every 1 min 30 s"
