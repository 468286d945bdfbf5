from __future__ import annotations

import sqlite3

import pytest

from hardy.dead_letters.replaying import replay
from hardy.ledger.models import DeadLetter, Run
from hardy.ledger.purge import count_waiting, purge
from hardy.ledger.reserve import reserve
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import (
    WORKER,
    asked,
    at_once,
    jobs,
    letters,
    make_due,
    outcomes,
    started,
    the_job,
    the_run,
)

pytestmark = pytest.mark.usefixtures("app")


def three() -> int:
    return 3


def test_purging_takes_what_may_start_now_and_says_so_in_the_history():
    asked("now")
    asked("later", delay=60)
    asked("elsewhere", queue="other")
    before = the_job("now")

    assert count_waiting("default") == 2
    assert purge("default") == 1

    assert jobs() == {"elsewhere": "queued", "later": "held"}
    run = the_run("now")
    assert (run.outcome, run.error_type, run.attempt, run.started_at) == ("cancelled", "Purged", 0, None)
    assert (run.task, run.queue, run.enqueued_at) == (before.task, "default", before.enqueued_at)
    assert outcomes("later") == []
    assert (count_waiting("default"), purge("default")) == (1, 0)


def test_a_purged_job_is_a_dead_letter_that_can_be_replayed_and_whoever_waits_hears_of_it(app):
    app.task(name="shop.add")(three)
    sent = app.send_task("shop.add", queue="default")

    assert purge("default") == 1

    assert sent.state == "REVOKED"
    [letter] = letters()
    assert (letter.job, letter.reason) == (sent.id, "purged")
    report = replay(DeadLetter.objects.using(ALIAS).all(), by="ada")
    assert report.jobs == [sent.id]
    assert set(jobs()) == {sent.id}
    assert app.AsyncResult(sent.id).state == "PENDING"


def test_a_held_job_whose_time_has_come_is_purged():
    asked("due", delay=60)
    make_due("due")

    assert purge("default") == 1


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
