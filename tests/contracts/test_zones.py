"""`DATABASES[…]["TIME_ZONE"]` changes nothing: what SQL wrote and what Django's models read is one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction
from django.db.models import Max

from hardy.db.clock import present, seconds_from_now
from hardy.ledger.finish import End, finish
from hardy.ledger.models import Job, Run
from hardy.ledger.queries import ledger_status
from hardy.schedules import firing
from hardy.schedules.models import Firing
from tests.contracts.databases import ALIAS
from tests.contracts.rows import asked, holder, started, the_job

CLOSE = timedelta(minutes=5)

pytestmark = pytest.mark.usefixtures("app", "in_tokyo")


@pytest.fixture
def in_tokyo(ledger):
    """Django told that the database keeps the local time of Tokyo; PostgreSQL has a type for a point in time."""
    connection = connections[ALIAS]
    before = connection.settings_dict["TIME_ZONE"]
    connection.close()
    connection.settings_dict["TIME_ZONE"] = "Asia/Tokyo"
    for name in ("timezone", "timezone_name"):
        connection.__dict__.pop(name, None)
    yield
    connection.close()
    connection.settings_dict["TIME_ZONE"] = before
    for name in ("timezone", "timezone_name"):
        connection.__dict__.pop(name, None)


def is_now(moment: datetime) -> bool:
    return abs(moment - datetime.now(UTC)) < CLOSE


def test_what_a_statement_wrote_is_read_as_it_was_meant():
    asked("now")
    asked("later", delay=3600.0)

    assert is_now(the_job("now").due_at)
    assert is_now(the_job("later").due_at - timedelta(hours=1))
    assert is_now(the_job("now").enqueued_at)
    assert is_now(Job.objects.using(ALIAS).filter(id="now").aggregate(at=Max("enqueued_at"))["at"])


def test_what_a_model_writes_is_compared_as_it_was_meant():
    asked("job", delay=3600.0)
    jobs = Job.objects.using(ALIAS)
    soon = datetime.now(UTC) + timedelta(minutes=10)

    jobs.filter(id="job").update(due_at=soon)

    assert abs(the_job("job").due_at - soon) < timedelta(milliseconds=1)
    assert jobs.filter(due_at__lte=seconds_from_now(900), due_at__gte=seconds_from_now(300)).exists()
    assert jobs.filter(due_at__lte=soon + CLOSE, due_at__gte=soon - CLOSE).exists()


def test_the_clocks_agree():
    asked("job")

    assert is_now(present())
    (queue,) = ledger_status().queues
    assert queue.oldest_age_seconds is not None
    assert queue.oldest_age_seconds < CLOSE.total_seconds()


def test_history_is_dated_as_it_happened():
    finish(holder(started("job")), End("succeeded"))

    run = Run.objects.using(ALIAS).get(job="job")
    assert all(is_now(moment) for moment in (run.enqueued_at, run.due_at, run.started_at, run.finished_at))


def test_a_schedule_knows_when_it_fired():
    with transaction.atomic(using=ALIAS):
        last, now = firing._lock("digest")

    assert last is None
    assert is_now(now)
    Firing.objects.using(ALIAS).filter(entry="digest").update(fired_at=now)
    assert abs(Firing.objects.using(ALIAS).get(entry="digest").fired_at - now) < timedelta(milliseconds=1)
