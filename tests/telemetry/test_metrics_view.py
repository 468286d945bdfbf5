"""`/metrics`: what the ledger says, on every database, scraped and parsed by Prometheus' own client."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from hardy.db import leases
from hardy.db.clock import seconds_from_now
from hardy.ledger.models import DeadLetter, Lease, Run, Worker
from hardy.ledger.pausing import pause
from hardy.schedules.models import Firing
from hardy.telemetry import views
from tests.contracts.databases import ALIAS, known_as
from tests.dashboard.tasks import alive, past, running, sent, waits_since
from tests.dead_letters.letters import died
from tests.telemetry.scraping import Samples, of, read

TOKEN = "a-token-that-is-long-enough-for-anybody"


def scrape(settings: Any) -> Samples:
    settings.HARDY = {**getattr(settings, "HARDY", {}), "METRICS_TOKEN": TOKEN}
    answer = views.metrics(RequestFactory().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}))
    assert answer.status_code == 200, answer.content
    return read(answer.content.decode())


def test_an_empty_ledger_is_all_zeros_and_no_worker(app, settings):
    said = scrape(settings)

    assert said["hardy_ledger_up"][of()] == 1
    assert said["hardy_health"][of()] == 1  # nobody works, and nothing waits
    assert set(said["hardy_dead_letters"].values()) == {0}
    assert {labels[0][1] for labels in said["hardy_dead_letters"]} == set(DeadLetter.Reason.values)
    assert {labels[0][1] for labels in said["hardy_attempts_per_second"]} == set(Run.Outcome.values)
    assert said["hardy_outbox_lag_seconds"][of()] == 0
    assert said["hardy_workers"] == {of(kind="worker"): 0, of(kind="beat"): 0}


def test_each_queue_says_what_waits_runs_and_comes_later_and_how_long_the_oldest_has_waited(app, settings):
    alive("default", "mail")
    waits_since(sent("orders.place", queue="default"), 90)
    sent("orders.place", queue="default", countdown=3600)
    running("orders.place")
    pause("mail")

    said = scrape(settings)

    jobs = {labels: value for labels, value in said["hardy_jobs"].items() if value}
    assert sum(jobs.values()) == 3
    assert jobs[of(queue="default", state="queued")] == 1
    assert jobs[of(queue="default", state="later")] == 1
    assert 90 <= said["hardy_queue_oldest_wait_seconds"][of(queue="default")] < 200
    assert said["hardy_queue_oldest_wait_seconds"][of(queue="mail")] == 0
    assert said["hardy_queue_workers"][of(queue="mail")] == 1
    assert (
        said["hardy_queue_paused"][of(queue="mail")],
        said["hardy_queue_paused"][of(queue="default")],
    ) == (1, 0)
    assert said["hardy_workers"][of(kind="worker")] == 1


def test_a_due_job_that_nobody_publishes_is_the_lag_of_the_outbox(app, settings):
    job = sent("orders.place", countdown=3600)
    waits_since(job, 45)

    said = scrape(settings)

    assert 45 <= said["hardy_outbox_lag_seconds"][of()] < 150
    assert said["hardy_jobs"][of(queue="celery", state="due")] == 1


def test_dead_letters_are_counted_by_reason_and_attempts_by_outcome(app, settings):
    died()
    died(reason="crashed")
    past(30, outcome="retried")
    past(30, outcome="succeeded", minutes=60)

    said = scrape(settings)

    assert said["hardy_dead_letters"][of(reason="failed")] == 1
    assert said["hardy_dead_letters"][of(reason="crashed")] == 1
    assert said["hardy_attempts_per_second"][of(outcome="retried")] == pytest.approx(30 / 300)
    assert said["hardy_attempts_per_second"][of(outcome="succeeded")] == 0


def test_a_silent_worker_is_told_of_until_it_is_reaped(app, settings):
    alive("default", name="quiet@there")
    Worker.objects.update(seen_at=seconds_from_now(-40))

    said = scrape(settings)

    assert 40 <= said["hardy_heartbeat_age_seconds"][of(worker="quiet@there", kind="worker")] < 150
    assert said["hardy_workers"][of(kind="worker")] == 0


def test_a_duty_tells_when_its_leader_last_began_it(app, settings):
    leases.is_leader("Prune", "worker@here/1/a")
    Lease.objects.filter(name="Prune").update(expires_at=seconds_from_now(6 - 100))

    assert 100 <= scrape(settings)["hardy_duty_age_seconds"][of(duty="Prune")] < 200


def test_the_oldest_of_too_many_to_count_is_found_behind_more_urgent_ones(app, settings, monkeypatch):
    monkeypatch.setattr("hardy.ledger.overview.COUNTED", 5)
    alive("default")
    starved = sent("orders.place", queue="default", priority=0)
    for _ in range(8):
        sent("orders.place", queue="default", priority=9)
    waits_since(starved, 500)

    said = scrape(settings)

    assert 500 <= said["hardy_queue_oldest_wait_seconds"][of(queue="default")] < 600
    assert said["hardy_jobs"][of(queue="default", state="queued")] <= 9


def test_reading_takes_as_many_statements_on_a_full_ledger_as_on_an_empty_one(app, settings):
    scrape(settings)
    with CaptureQueriesContext(connections[ALIAS]) as empty:
        scrape(settings)
    for number in range(30):
        sent("orders.place", queue=f"queue-{number}")
        alive(f"queue-{number}", name=f"worker-{number}@here")
    past(50)
    died()

    with CaptureQueriesContext(connections[ALIAS]) as full:
        scrape(settings)

    assert len(full) - len(empty) <= 1  # an empty list of queues needs no statement
    assert len(full) <= 14


def test_labels_that_are_no_text_do_not_end_the_scrape(app, settings):
    sent("orders.place", queue='o"dd\\\n☃')

    said = scrape(settings)

    assert said["hardy_jobs"][of(queue='o"dd\\\n☃', state="queued")] == 1


class TestWithoutADatabase:
    def test_the_scrape_says_that_the_ledger_is_down(self, settings, tmp_path, django_db_blocker):
        settings.HARDY = {"DATABASE": ALIAS, "METRICS_TOKEN": TOKEN}
        with django_db_blocker.unblock(), known_as(ALIAS, f"sqlite:///{tmp_path}/nowhere/ledger.sqlite3"):
            said = scrape(settings)

        assert said == {"hardy_ledger_up": {of(): 0.0}}


def test_a_schedule_that_nobody_fires_is_overdue(desk, settings):
    every_minute = IntervalSchedule.objects.create(every=60, period="seconds")
    for name in ("late", "new"):
        PeriodicTask.objects.create(name=name, task="orders.place", interval=every_minute)
    Firing.objects.create(entry="late", fired_at=seconds_from_now(-200))

    said = scrape(settings)["hardy_schedule_overdue_seconds"]

    assert 140 <= said[of(entry="late")] < 300
    assert said[of(entry="new")] == 0
