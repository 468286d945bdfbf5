"""Two beat processes on one ledger: real schedulers of Celery's, asked to tick in turn or at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.beat import Service
from celery.schedules import crontab, schedule
from django_celery_beat.clockedschedule import clocked

from hardy.ledger.models import Job
from hardy.schedules.firing import fire_once
from hardy.schedules.models import Firing
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import at_once

HOUR = timedelta(hours=1)
LONG_AGO = timedelta(days=3)


@pytest.fixture
def beat(app):
    """A function that starts a beat's scheduler with one entry, which believes it ran last that long ago."""
    app.conf.update(result_expires=None, timezone="UTC")

    def start(when: Any, ago: timedelta = LONG_AGO, name: str = "digest") -> Any:
        app.conf.beat_schedule = {name: {"task": "shop.digest", "schedule": when, "args": (1,)}}
        service = Service(app, scheduler_cls="celery.beat:Scheduler")
        fire_once(service)
        service.scheduler.schedule[name].last_run_at = datetime.now(UTC) - ago
        return service.scheduler

    return start


def tick(scheduler: Any) -> None:
    """Let a scheduler send everything that it believes due."""
    for _ in range(3):
        scheduler.tick()


def sent() -> int:
    return Job.objects.using(ALIAS).filter(task="shop.digest").count()


def fired_last(ago: timedelta, name: str = "digest") -> None:
    assert Firing.objects.using(ALIAS).filter(entry=name).update(fired_at=datetime.now(UTC) - ago)


SCHEDULES = {
    "interval": lambda: schedule(HOUR),
    "crontab": lambda: crontab(minute=0, hour=0),
    "clocked": lambda: clocked(datetime.now(UTC) - HOUR),
}


@pytest.mark.parametrize("when", SCHEDULES.values(), ids=SCHEDULES)
def test_an_entry_that_two_beats_find_due_is_sent_once(beat, when):
    one, two = beat(when()), beat(when())

    tick(one)
    tick(two)

    assert sent() == 1


@pytest.mark.parametrize("when", SCHEDULES.values(), ids=SCHEDULES)
def test_an_entry_that_many_beats_find_due_at_once_is_sent_once(beat, when):
    beats = [beat(when()) for _ in range(4)]

    at_once(*[lambda scheduler=scheduler: tick(scheduler) for scheduler in beats])

    assert sent() == 1


@pytest.mark.parametrize("when", [schedule(HOUR), crontab(minute=0, hour=0)], ids=["interval", "crontab"])
def test_it_is_sent_again_when_it_is_due_again_whoever_sent_it_last(beat, when):
    one, two = beat(when), beat(when)
    tick(one)
    tick(two)

    fired_last(LONG_AGO)
    two.schedule["digest"].last_run_at = datetime.now(UTC) - LONG_AGO
    two.old_schedulers = None
    tick(two)

    assert sent() == 2


def test_a_beat_that_came_second_counts_from_the_real_last_run(beat):
    one, two = beat(schedule(HOUR)), beat(schedule(HOUR))
    tick(one)
    tick(two)

    last = Firing.objects.using(ALIAS).get(entry="digest").fired_at
    assert two.schedule["digest"].last_run_at == last
    assert two.tick() == pytest.approx(min(HOUR.total_seconds(), two.max_interval), abs=60)


def test_a_lone_beat_sends_an_entry_as_often_as_it_is_due(beat):
    one = beat(schedule(timedelta(microseconds=1)), timedelta(seconds=5))

    while sent() < 3:
        one.tick()

    assert sent() >= 3


def test_entries_whose_names_differ_in_case_are_two_entries(beat):
    tick(beat(schedule(HOUR), name="Digest"))
    tick(beat(schedule(HOUR), name="digest"))

    assert sent() == 2


def test_an_entry_that_could_not_be_sent_has_not_fired(beat, app):
    one = beat(schedule(HOUR))
    app.conf.beat_schedule["digest"]["args"] = (object(),)
    one.schedule["digest"].args = (object(),)  # no JSON

    tick(one)

    assert sent() == 0
    assert not Firing.objects.using(ALIAS).filter(fired_at__isnull=False).exists()


FAST, SLOW = (lambda: datetime.now(UTC) + HOUR), (lambda: datetime.now(UTC) - HOUR)


def test_beats_whose_clocks_are_hours_apart_fire_once(beat):
    """A clock of its own is what Celery calls a schedule's `nowfun`."""
    for clock in (FAST, SLOW, FAST, SLOW):
        tick(beat(schedule(HOUR * 0.9, nowfun=clock)))

    assert sent() == 1


@pytest.mark.parametrize("clock", [FAST, SLOW], ids=["fast", "slow"])
def test_a_beat_whose_clock_is_wrong_fires_when_the_time_has_come(beat, clock):
    one = beat(schedule(HOUR, nowfun=clock))
    tick(one)

    fired_last(HOUR * 1.01)
    one.schedule["digest"].last_run_at = datetime.now(UTC) - HOUR * 1.01
    one.old_schedulers = None
    tick(one)

    assert sent() == 2


def test_a_beat_whose_clock_is_fast_fires_no_point_of_the_clock_early(beat):
    half_past = (datetime.now(UTC) + HOUR / 2).minute

    tick(beat(crontab(minute=half_past, nowfun=FAST), timedelta(0), name="crontab"))
    tick(beat(clocked(datetime.now(UTC) + HOUR / 2, nowfun=FAST), name="clocked"))

    assert sent() == 0


def test_a_run_of_another_beat_is_not_counted(beat):
    one, two = beat(schedule(HOUR)), beat(schedule(HOUR))
    tick(one)
    tick(two)

    assert (one.schedule["digest"].total_run_count, two.schedule["digest"].total_run_count) == (1, 0)


@only("sqlite")
def test_a_clocked_entry_that_is_moved_fires_again(beat):
    tick(beat(clocked(datetime.now(UTC) - HOUR)))
    fired_last(HOUR)

    tick(beat(clocked(datetime.now(UTC) - timedelta(minutes=1))))

    assert sent() == 2
