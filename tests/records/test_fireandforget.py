"""The history of `durable=False` tasks, which have no row while they run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import states

from hardy.db.dialect import present_is
from hardy.ledger.models import Run
from hardy.records import fireandforget
from tests.contracts.databases import ALIAS

pytestmark = pytest.mark.usefixtures("app")

#: A database that is far behind the machine.
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


class Request:
    """What a task that came straight from a broker is run with."""

    is_eager = False
    retries = 0
    delivery_info: dict[str, str] = {"routing_key": "default"}

    def get(self, name: str) -> None:
        return None


class Task:
    name = "news.tell"
    durable = False
    request = Request()


def run_and_flush(id: str, retval: Any = None, state: str = states.SUCCESS) -> Run:
    fireandforget._begin(Task, id)
    fireandforget._end(Task, id, state, retval)
    fireandforget.flush()
    return Run.objects.using(ALIAS).get(job=id)


def test_its_times_are_those_of_the_databases_clock(kind):
    with present_is(lambda: LONG_AGO):
        run = run_and_flush("forgotten")

    assert run.outcome == Run.Outcome.SUCCEEDED
    assert LONG_AGO - timedelta(minutes=5) < run.started_at <= run.finished_at <= LONG_AGO
    assert run.enqueued_at == run.due_at == run.started_at


def test_one_that_failed_keeps_its_error(kind):
    run = run_and_flush("failed", ValueError("no news"), states.FAILURE)

    assert (run.outcome, run.error_type, run.error) == (Run.Outcome.FAILED, "ValueError", "no news")
