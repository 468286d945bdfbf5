from __future__ import annotations

import os

import pytest

from hardy.db.clock import seconds_from_now
from hardy.ledger import identity, workers
from hardy.ledger.finish import End, finish
from hardy.ledger.models import Worker
from hardy.ledger.queries import ledger_status
from tests.contracts.databases import ALIAS
from tests.contracts.rows import asked, holder, make_due, reserved, started

pytestmark = pytest.mark.usefixtures("app")


def test_an_empty_fleet_has_neither_workers_nor_queues():
    status = ledger_status()

    assert (status.workers, status.queues) == ([], [])


def test_each_queue_tells_what_waits_runs_and_died():
    finish(holder(started("dead")), End("failed", reason="failed"))
    started("running")
    asked("reserved")
    reserved(limit=1)
    asked("queued")
    make_due("queued", 90)
    asked("held", delay=60)
    asked("overdue", delay=60)
    make_due("overdue", 30)
    asked("other", queue="mail", delay=60)

    default, mail = ledger_status().queues

    assert (default.name, default.depth, default.held, default.running, default.dead) == (
        "default",
        3,
        1,
        1,
        1,
    )
    assert default.oldest_age_seconds == pytest.approx(90, abs=10)
    assert (mail.name, mail.depth, mail.held, mail.running, mail.dead) == ("mail", 0, 1, 0, 0)
    assert mail.oldest_age_seconds is None


def test_live_workers_are_listed_with_what_they_do_and_their_empty_queues():
    name = identity.become("celery@here")
    workers.register("worker", ["mail", "default"])
    workers.beat(3)

    status = ledger_status()

    [worker] = status.workers
    assert (worker.name, worker.kind, worker.pid) == ("celery@here", "worker", os.getpid())
    assert (worker.queues, worker.active) == (["default", "mail"], 3)
    assert worker.seen_seconds_ago == pytest.approx(0, abs=10)
    assert [(queue.name, queue.depth) for queue in status.queues] == [("default", 0), ("mail", 0)]
    assert Worker.objects.using(ALIAS).get().id == name


def test_registering_again_changes_the_row_there_is():
    identity.become("celery@here")
    workers.register("worker", ["mail"])

    workers.register("worker", ["default"])

    assert Worker.objects.using(ALIAS).get().queues == "default"


def test_silent_workers_are_not_listed():
    identity.become("celery@here")
    workers.register("beat")
    Worker.objects.using(ALIAS).update(seen_at=seconds_from_now(-3600))

    assert ledger_status().workers == []
