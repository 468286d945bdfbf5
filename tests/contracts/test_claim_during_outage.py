"""A database that goes away between a delivery and its claim is no failure of the task."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from celery.exceptions import Reject
from django.db import connections

from hardy.db import outage
from tests.contracts.databases import ALIAS, only
from tests.contracts.draining import deliver, run
from tests.contracts.rows import jobs, outcomes, reserve


@pytest.fixture
def note(app: Any) -> Any:
    @app.task(name="shop.note")
    def note():
        return "noted"

    return note


def kill(connection: Any) -> None:
    """End a connection from the server's side, as a restart of the database does."""
    with connection.cursor() as cursor:
        mysql = connection.vendor == "mysql"
        cursor.execute("SELECT CONNECTION_ID()" if mysql else "SELECT pg_backend_pid()")
        [number] = cursor.fetchone()

    def from_outside() -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f"KILL {number}" if mysql else f"SELECT pg_terminate_backend({number}, 10000)")
        connections.close_all()

    thread = threading.Thread(target=from_outside)
    thread.start()
    thread.join()


@only("postgresql", "mariadb")
def test_a_connection_that_was_cut_before_the_claim_is_opened_again_and_the_task_runs(ledger, app, note):
    asked = note.delay()
    [row] = reserve("test@here", ["celery"], 1)
    kill(ledger)

    run(app, deliver(row))

    assert (asked.state, outcomes(asked.id)) == ("SUCCESS", ["succeeded"])


def test_a_database_that_stays_away_leaves_the_job_where_it_was(ledger, app, note, monkeypatch):
    asked = note.delay()
    [row] = reserve("test@here", ["celery"], 1)
    monkeypatch.setattr(outage, "LONGEST_WAIT", 0.0)
    with ledger.cursor() as cursor:
        cursor.execute("ALTER TABLE hardy_job RENAME TO hardy_job_away")
    try:
        failed, answer, _ = run(app, deliver(row))
    finally:
        with ledger.cursor() as cursor:
            cursor.execute("ALTER TABLE hardy_job_away RENAME TO hardy_job")

    # What a pool child tells its worker, which then gives the row back.
    told = answer.exception.exc
    assert failed and isinstance(told, Reject) and told.requeue
    assert jobs() == {asked.id: "reserved"}
    assert asked.state == "PENDING"
