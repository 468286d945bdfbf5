"""Lists of jobs and runs, on every database."""

from __future__ import annotations

from datetime import timedelta

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.dead_letters.history import history_of
from hardy.dead_letters.queries import Filter
from hardy.dead_letters.replaying import replay
from hardy.ledger import failure
from hardy.ledger.finish import Claim, put_back
from hardy.ledger.jobs import JobFilter, last_runs
from hardy.ledger.models import Run
from hardy.records.queries import RunFilter, RunNews
from tests.dead_letters.letters import WORKER, died, end_badly, jobs, raised, started

HOUR = timedelta(hours=1)


def test_jobs_are_chosen_by_every_filter_at_once(app):
    app.send_task("orders.place", [1])
    job = app.send_task("orders.pack", [2], queue="low").id
    attempt = started(job)
    tried = failure.failed(TimeoutError("silent"), task="orders.place", outcome="retried")
    assert put_back(Claim(job, WORKER, (attempt.token, attempt.token)), tried, None, 60)
    jobs().filter(id=job).update(enqueued_at=seconds_from_now(-7200))

    meant = {
        "state": "held",
        "task": "orders.pa*",
        "queue": "low",
        "error": "SILENT",
        "older": HOUR,
        "ids": [job],
    }
    assert [found.id for found in JobFilter(**meant).jobs()] == [job]
    assert not JobFilter(**{**meant, "older": None, "newer": HOUR}).jobs().exists()
    assert last_runs(list(JobFilter().jobs()))[job].error == "silent"


def test_runs_are_chosen_by_every_filter_at_once(app):
    died("orders.place")
    letter = died("orders.pack", queue="low", error=TimeoutError("silent"))
    runs = Run.objects.using(settings.DATABASE)
    runs.filter(job=letter.job).update(finished_at=seconds_from_now(-7200))

    meant = {"outcome": "failed", "task": "orders.pa*", "queue": "low", "error": "SILENT", "older": HOUR}
    assert [run.job for run in RunFilter(**meant, ids=[letter.job]).runs()] == [letter.job]
    assert not RunFilter(**{**meant, "older": None, "newer": HOUR}).runs().exists()


def test_news_are_what_has_ended_since(app):
    died(task_id="before")
    news = RunNews(RunFilter(), 10)
    assert [run.job for run in news.look()] == ["before"]

    died(task_id="after")

    assert [[run.job for run in news.look()] for _ in range(2)] == [["after"], []]


def test_attempts_are_told_apart_by_replay(app):
    first = died("orders.place", error=raised(KeyError("order")))
    replay(Filter(ids=[str(first.pk)]).letters(), note="again")
    letter = end_badly(first.job, raised(KeyError("order")))

    history = history_of(letter)

    assert [len(life.attempts) for life in history.lives] == [1, 1]
    assert [(one.number, one.attempts) for one in history.tracebacks] == [(1, 2)]
