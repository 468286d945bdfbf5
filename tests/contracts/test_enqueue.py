from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction

from hardy.errors import LedgerMissing
from hardy.ledger.enqueue import enqueue
from tests.contracts.databases import ALIAS, CREATIONS, known_as, only
from tests.contracts.rows import asked, at_once, job_message, jobs, present, reserved, started, the_job

pytestmark = pytest.mark.usefixtures("app")


def test_a_job_waits_in_its_queue_with_its_whole_message():
    before = present()

    enqueue(job_message("job-1", task="orders.place", queue="mail", priority=7))

    job = the_job()
    assert (job.task, job.queue, job.priority, job.state) == ("orders.place", "mail", 7, "queued")
    assert (job.token, job.attempts, job.crashes, job.worker, job.started_at) == (0, 0, 0, "", None)
    assert before <= job.enqueued_at <= present()
    assert job.due_at == job.enqueued_at
    message = json.loads(job.message)
    assert message["headers"]["id"] == "job-1"
    assert json.loads(message["body"]) == [[1], {}, {}]


def test_a_delayed_job_is_held_until_then_by_the_clock_of_the_database():
    asked(delay=3600)

    job = the_job()
    assert job.state == "held"
    assert job.due_at - job.enqueued_at == pytest.approx(timedelta(hours=1), abs=timedelta(milliseconds=2))


def test_a_delay_keeps_its_fractions():
    asked(delay=1.25)

    job = the_job()
    assert job.due_at - job.enqueued_at == pytest.approx(
        timedelta(seconds=1.25), abs=timedelta(milliseconds=2)
    )


@pytest.mark.parametrize("delay", [0.0, -5.0])
def test_a_job_whose_time_has_come_may_start(delay):
    asked(delay=delay)

    assert the_job().state == "queued"


def test_a_delay_that_no_calendar_holds_is_as_long_as_the_ledger_can():
    asked(delay=1e12)

    assert the_job().due_at - the_job().enqueued_at > timedelta(days=99 * 365)


def test_a_rollback_leaves_nothing():
    class Rollback(Exception):
        pass

    with pytest.raises(Rollback), transaction.atomic(using=ALIAS):
        asked()
        raise Rollback

    assert jobs() == {}


@only("postgresql", "mariadb")  # SQLite has one writer at a time: nobody else can even try
def test_nobody_sees_a_job_before_its_transaction_commits():
    with transaction.atomic(using=ALIAS):
        asked()
        meanwhile = at_once(reserved)

    assert meanwhile == [[]]
    assert [row.id for row in reserved()] == ["job-1"]


def test_an_id_that_waits_is_asked_once_and_keeps_its_message():
    asked(queue="first")

    assert enqueue(job_message("job-1", queue="second")) is False

    assert the_job().queue == "first"


def test_an_id_that_runs_is_not_asked_again():
    started()

    assert enqueue(job_message("job-1")) is False


def test_the_same_id_asked_in_two_transactions_at_once_is_one_job():
    answers = at_once(*[lambda: enqueue(job_message("job-1"))] * 4)

    assert sorted(answers) == [False, False, False, True]
    assert jobs() == {"job-1": "queued"}


def test_asking_twice_inside_a_transaction_does_not_spoil_it():
    with transaction.atomic(using=ALIAS):
        asked("job-1")
        assert enqueue(job_message("job-1")) is False
        asked("job-2")

    assert set(jobs()) == {"job-1", "job-2"}


def test_ids_that_differ_only_in_case_are_two_jobs():
    asked("job-a")
    asked("job-A")

    assert set(jobs()) == {"job-a", "job-A"}


def test_a_message_in_any_script_comes_back_as_it_was():
    text = "Grüße, 世界 🎈 ' \" \\ %s"
    enqueue(job_message("job-1", task=text))

    assert the_job().task == text
    assert json.loads(the_job().message)["headers"]["task"] == text


def test_a_job_of_many_megabytes_is_kept_whole():
    enqueue(replace(job_message(), text="x" * 5_000_000))

    assert len(the_job().message) == 5_000_000


def test_missing_tables_are_named_with_the_remedy(kind, tmp_path):
    with CREATIONS[kind](tmp_path) as url, known_as(ALIAS, url):
        with pytest.raises(LedgerMissing, match="migrate hardy"):
            enqueue(job_message())
        connections[ALIAS].close()
