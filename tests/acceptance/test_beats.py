"""Schedules fire once, however many beat processes run."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import on_two
from tests.waiting import until

IN_FILE = {"DEPOT_SETTINGS": json.dumps({"CELERY_BEAT_SCHEDULER": "celery.beat:PersistentScheduler"})}
INTERVAL = json.dumps({"every second": ["interval", 1.0]})
BOTH = json.dumps({"every second": ["interval", 1.0], "tick": ["tick", 2.0]})


@on_two
def test_two_beats_on_database_schedules_fire_each_due_time_once_and_one_goes_on_alone(depot: Depot) -> None:
    first = depot.beat(name="first", DEPOT_SCHEDULE=INTERVAL)
    depot.beat(name="second", DEPOT_SCHEDULE=INTERVAL)

    wait_for_firings(depot, "every second", 4)
    first.kill()
    wait_for_firings(depot, "every second", len(firings(depot, "every second")) + 3)

    fired = firings(depot, "every second")
    assert min(later - earlier for earlier, later in pairwise(fired)) > 0.5
    until(lambda: counted(depot, "every second") == len(firings(depot, "every second")),
          otherwise=lambda: f"counted {counted(depot, 'every second')} runs")  # fmt: skip


@pytest.mark.parametrize("depot", ["sqlite"], indirect=True)
def test_two_beats_on_schedules_in_files_fire_each_point_of_the_clock_once(depot: Depot) -> None:
    first, _ = (
        depot.beat(
            "--schedule", str(depot.folder / f"{name}.schedule"), name=name, DEPOT_SCHEDULE=BOTH, **IN_FILE
        )
        for name in ("first", "second")
    )

    wait_for_firings(depot, "tick", 3)
    first.kill()
    wait_for_firings(depot, "tick", len(firings(depot, "tick")) + 2)

    ticks = [int(fired // 2) for fired in firings(depot, "tick")]
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
    fired = firings(depot, "every second")
    assert min(later - earlier for earlier, later in pairwise(fired)) > 0.5


def test_a_worker_with_a_beat_inside_runs_what_the_beat_asks_for(depot: Depot) -> None:
    depot.worker("--beat", f"--schedule={depot.folder / 'schedule'}", DEPOT_SCHEDULE=INTERVAL)

    depot.wait_for_effect("every second", times=3)


def firings(depot: Depot, name: str) -> list[float]:
    """When the entry's jobs were asked for, in seconds, oldest first; no worker runs them here."""
    jobs = "ledger.Job.objects.filter(message__contains=name).order_by('enqueued_at')"
    source = f"list({jobs}.values_list('enqueued_at', flat=True))"
    return [datetime.fromisoformat(asked).timestamp() for asked in depot.run(source, name=name)]


def counted(depot: Depot, name: str) -> int:
    """How often the entry ran, as django-celery-beat's admin shows it."""
    source = "from django_celery_beat.models import PeriodicTask\nPeriodicTask.objects.get(name=name).total_run_count"
    return int(depot.run(source, name=name))


def wait_for_firings(depot: Depot, name: str, number: int) -> None:
    until(lambda: len(firings(depot, name)) >= number, otherwise=lambda: f"fired at {firings(depot, name)}")
