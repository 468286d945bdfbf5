from __future__ import annotations

import sqlite3

import pytest

from hardy.ledger.models import Run
from hardy.ledger.purge import count_waiting, purge
from hardy.ledger.reserve import reserve
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import WORKER, asked, at_once, jobs, outcomes, started, the_job, the_run

pytestmark = pytest.mark.usefixtures("app")


def test_purging_cancels_what_waits_in_the_queue_and_says_so_in_the_history():
    asked("now")
    asked("later", delay=60)
    asked("elsewhere", queue="other")
    before = the_job("now")

    assert count_waiting("default") == 2
    assert purge("default") == 2

    assert jobs() == {"elsewhere": "queued"}
    run = the_run("now")
    assert (run.outcome, run.error_type, run.attempt, run.started_at) == ("cancelled", "Purged", 0, None)
    assert (run.task, run.queue, run.enqueued_at) == (before.task, "default", before.enqueued_at)
    assert outcomes("later") == ["cancelled"]
    assert (count_waiting("default"), purge("default")) == (0, 0)


def test_what_a_worker_has_in_hand_is_not_purged():
    started("running")
    asked("reserved")
    reserve(WORKER, ["default"], 1)

    assert purge("default") == 0
    assert jobs() == {"running": "running", "reserved": "reserved"}


def test_a_job_is_purged_or_started_and_never_both():
    for number in range(30):
        asked(f"job-{number}")

    purged, *taken = at_once(
        lambda: purge("default"), *[lambda: [row.id for row in reserve(WORKER, ["default"], 5)]] * 3
    )

    ids = {id for batch in taken for id in batch}
    assert set(jobs()) == ids
    assert purged == 30 - len(ids) == Run.objects.using(ALIAS).count()


@only("sqlite")
def test_a_queue_longer_than_a_statement_takes_parameters_is_purged(ledger):
    for number in range(1_200):
        asked(f"job-{number}")
    ledger.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)

    assert purge("default") == 1_200
    assert jobs() == {}
    assert Run.objects.using(ALIAS).filter(outcome="cancelled").count() == 1_200
