"""A schedule of the database that is deleted and made again under its name is a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.beat import Service
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, IntervalSchedule, PeriodicTask

from hardy.ledger.models import Job
from hardy.schedules.firing import fire_once

pytestmark = pytest.mark.usefixtures("desk")


def clocked(hours_ago: float = 0.0) -> PeriodicTask:
    moment = ClockedSchedule.objects.create(clocked_time=timezone.now() - timedelta(hours=hours_ago))
    return PeriodicTask.objects.create(name="once", task="shop.once", clocked=moment, one_off=True)


def beat(app: Any) -> Any:
    """A beat process that has just started."""
    service = Service(app, scheduler_cls="django_celery_beat.schedulers:DatabaseScheduler")
    fire_once(service)
    return service.scheduler


def tick(scheduler: Any) -> None:
    """Let it look at each of its entries; the shop has some of its own."""
    for _ in range(len(scheduler.schedule) + 3):
        scheduler.tick()


def sent() -> int:
    return Job.objects.filter(task="shop.once").count()


def test_one_that_is_made_again_for_an_earlier_time_fires(desk):
    clocked()
    tick(beat(desk))
    assert sent() == 1

    PeriodicTask.objects.all().delete()
    clocked(hours_ago=1)
    tick(beat(desk))

    assert sent() == 2


def test_two_beats_fire_it_once_each_time(desk):
    for times in (1, 2):
        PeriodicTask.objects.all().delete()
        clocked(hours_ago=times)
        one, other = beat(desk), beat(desk)
        tick(one)
        tick(other)
        assert sent() == times


def test_one_that_was_switched_off_and_on_again_fires_as_a_new_one_does(desk):
    entry = clocked(hours_ago=1)
    tick(beat(desk))
    entry.refresh_from_db()
    entry.enabled = False
    entry.save()
    PeriodicTask.objects.filter(pk=entry.pk).update(total_run_count=0)
    entry.refresh_from_db()
    entry.enabled = True
    entry.save()
    tick(beat(desk))

    assert sent() == 2


def test_an_interval_that_has_run_is_not_due_for_being_saved_again(desk):
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    entry = PeriodicTask.objects.create(name="once", task="shop.once", interval=every)
    PeriodicTask.objects.filter(pk=entry.pk).update(last_run_at=timezone.now() - timedelta(hours=2))
    tick(beat(desk))
    assert sent() == 1

    entry.refresh_from_db()
    entry.description = "edited"
    entry.save()
    tick(beat(desk))

    assert sent() == 1
