"""How far a task says it is, as those read it who wait for it, on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import states
from django.db import transaction
from django_celery_results.models import TaskResult

import hardy
from hardy import attempt, how_far
from hardy.ledger import reached
from hardy.ledger.models import Job
from hardy.ledger.presenters import job_as_json, progress_as_json
from tests.contracts.databases import ALIAS, only
from tests.contracts.draining import drain, run_next
from tests.contracts.rows import started

pytestmark = pytest.mark.usefixtures("app")


def row() -> Job:
    """The one job, as another process sees it."""
    return Job.objects.get()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A function that lets time pass for what throttles."""
    now = [1000.0]
    monkeypatch.setattr(how_far.time, "monotonic", lambda: now[0])

    def pass_(seconds: float) -> None:
        now[0] += seconds

    return pass_


def run_body(app: Any, body: Callable[..., Any], **options: Any) -> Any:
    task = app.task(body, name="shop.count", **{"bind": True, **options})
    asked = task.delay()
    drain(app)
    return asked


def test_whoever_waits_reads_it_as_the_results_info(app):
    seen = []

    def body(self):
        hardy.progress(3, 4, "counting")
        asked = self.AsyncResult(self.request.id)
        seen.append((asked.state, asked.info))

    asked = run_body(app, body)

    assert seen == [("PROGRESS", {"done": 3, "total": 4, "percent": 75, "note": "counting"})]
    assert asked.state == states.SUCCESS


def test_it_writes_no_row_of_results(app):
    seen = []

    def body(self):
        hardy.progress(1, 2)
        seen.append(TaskResult.objects.using(ALIAS).count())

    run_body(app, body)

    assert seen == [0]


def test_it_is_written_at_once_then_once_a_second_and_at_the_end(app, clock):
    seen = []

    def body(self):
        for done, seconds in ((1, 0.5), (2, 0.4), (3, 0.2), (4, 0.0), (5, 0.0)):
            hardy.progress(done, 5)
            seen.append(row().reached.done)
            clock(seconds)

    run_body(app, body)

    assert seen == [1, 1, 1, 4, 5]


def test_a_loop_says_it_by_itself(app, clock):
    seen = []

    def body(self):
        for item in hardy.track([10, 20, 30], note="rows"):
            seen.append((item, row().reached))
            clock(2)

    run_body(app, body)

    assert [(item, said.done, said.total, said.note) for item, said in seen] == [
        (10, 0, 3, "rows"),
        (20, 1, 3, "rows"),
        (30, 2, 3, "rows"),
    ]


def test_a_loop_without_a_length_has_no_percentage(app, clock):
    seen = []

    def body(self):
        for _ in hardy.track(iter("ab")):
            clock(2)
        seen.append(row().reached)

    run_body(app, body)

    assert (seen[0].done, seen[0].percent) == (2, None)


def test_another_attempt_begins_at_nothing(app):
    seen = []

    def body(self):
        if not self.request.retries:
            hardy.progress(9, 10)
            raise self.retry(countdown=0)
        seen.append((row().reached, self.AsyncResult(self.request.id).state))

    run_body(app, body)

    assert seen == [(None, states.STARTED)]


def test_who_was_fenced_off_says_nothing_more():
    mine = started()
    Job.objects.update(token=9)

    assert reached.write(mine, hardy.Progress(1)) is False
    assert row().progress == ""


@only("postgresql", "mariadb")
@pytest.mark.parametrize("atomic", [True, False])
def test_it_is_seen_from_outside_of_a_transaction(app, atomic, at_another_desk):
    seen = []

    def body(self):
        with transaction.atomic(using=ALIAS):
            hardy.progress(1, 2)
            seen.append(at_another_desk(lambda: row().reached.percent))

    run_body(app, body, atomic=atomic)

    assert seen == [50]


@only("sqlite")
def test_where_there_is_one_writer_a_transaction_is_not_disturbed(app):
    def body(self):
        with transaction.atomic(using=ALIAS):
            hardy.progress(1, 2)
        assert row().reached is None

    assert run_body(app, body).state == states.SUCCESS


@pytest.fixture
def at_another_desk() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """A function that asks in a thread of its own, with a connection of its own."""
    from tests.contracts.rows import at_once

    yield lambda ask: at_once(ask)[0]


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "[1, 2]", '[1, "a", null, ""]', '[1, 1, "b", ""]', "5", "null"]
)
def test_a_row_that_says_nonsense_says_nothing(text):
    started()
    Job.objects.update(progress=text)

    assert row().reached is None
    assert job_as_json(row())["progress"] is None
    assert progress_as_json(row()) == {"state": "running"}


def test_a_job_that_has_ended_says_so():
    assert progress_as_json(None) == {"state": "ended"}


def test_another_result_backend_is_told_too(app, tmp_path):
    seen = []
    app.conf.result_backend = f"file://{tmp_path}"
    app._local.backend = app._backend_cache = None

    @app.task(name="shop.elsewhere", bind=True)
    def elsewhere(self):
        hardy.progress(1, 4)
        seen.append((self.AsyncResult(self.request.id).info, row().reached.percent))

    elsewhere.delay()
    run_next(app)

    assert seen == [({"done": 1, "total": 4, "percent": 25, "note": ""}, 25)]


@pytest.mark.parametrize("bad", [-1, float("nan"), "3", None, True])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="must be a number from 0"):
        hardy.progress(bad)


def test_outside_of_a_task_it_does_nothing():
    assert attempt.current() is None
    hardy.progress(1, 2)
    assert list(hardy.track("ab")) == ["a", "b"]


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 3, 0), (999, 1000, 99), (3, 3, 100), (0, 0, 100), (5, 3, 100)]
)
def test_a_hundred_percent_is_all(done, total, percent):
    assert hardy.Progress(done, total).percent == percent
