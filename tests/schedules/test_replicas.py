"""Schedules of the database behind a router that reads from a replica, which has heard of no firing yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.beat import Service
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from hardy.ledger.models import Job
from hardy.schedules.firing import fire_once
from tests.contracts.databases import ALIAS, replaced
from tests.contracts.replicas import REPLICA, ROUTER, replica

HOURS_AGO = timedelta(hours=2)


@pytest.fixture
def shop(app: Any, tmp_path: Path, settings: Any) -> Iterator[Any]:
    """The app behind such a router, with an hourly entry that is due and has never run."""
    app.conf.update(result_expires=None, timezone="UTC", beat_schedule={})
    # django-celery-beat's scheduler commits what it calls the default database.
    default = replaced("default", connections.settings[ALIAS])
    with default, replica(tmp_path):
        for database in (ALIAS, REPLICA):
            call_command("migrate", "django_celery_beat", database=database, verbosity=0)
            hourly = IntervalSchedule(pk=1, every=1, period=IntervalSchedule.HOURS)
            hourly.save(using=database)
            rows = PeriodicTask.objects.using(database)
            rows.bulk_create([PeriodicTask(pk=1, name="hourly", task="shop.hourly", interval_id=1)])
            rows.update(date_changed=timezone.now() - HOURS_AGO, last_run_at=None)
        settings.DATABASE_ROUTERS = [ROUTER]
        yield app


def beat(app: Any) -> Any:
    """A beat process that has just started and looked at each of its entries."""
    service = Service(app, scheduler_cls="django_celery_beat.schedulers:DatabaseScheduler")
    fire_once(service)
    for _ in range(len(service.scheduler.schedule) + 3):
        service.scheduler.tick()
    return service.scheduler


def test_beats_one_after_the_other_fire_an_entry_once(shop):
    first = beat(shop)
    beat(shop)
    beat(shop)

    assert Job.objects.using(ALIAS).filter(task="shop.hourly").count() == 1
    assert first.schedule["hourly"].total_run_count == 1
    row = PeriodicTask.objects.using(ALIAS).get()
    assert row.total_run_count == 1
    assert row.last_run_at is not None
    assert PeriodicTask.objects.using(REPLICA).get().last_run_at is None
