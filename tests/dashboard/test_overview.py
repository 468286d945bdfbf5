"""The first page: health, numbers, the chart, queues and workers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hardy.records import outcomes
from tests.dashboard.tasks import alive, past, running, sent, waits_since
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")


def test_an_empty_ledger_without_a_worker_says_so(ada):
    page = ada.get("/hardy/")

    said = page.content.decode()
    assert page.context["health"].text == "No worker is running. Nothing waits."
    assert "Nobody is working" in ada.get("/hardy/workers/").content.decode()
    assert "No queue has a job" in said
    assert "Attempts that ended: nothing ended." in said


def test_all_is_clear_when_a_worker_reads_what_waits(ada):
    alive("default")
    sent("orders.place", queue="default")

    assert ada.get("/hardy/").context["health"].text == "All clear."


def test_the_tiles_count_what_there_is(ada):
    running("orders.place")
    job = sent("orders.place")
    waits_since(job, 240)
    sent("orders.place", countdown=3600)
    died()

    tiles = {tile.name: tile.value for tile in ada.get("/hardy/").context["tiles"]}

    assert tiles == {
        "Waiting": "1", "Running": "1", "Due later": "1", "Dead": "1", "Failed, last hour": "1", "Workers": "0",
        "Oldest wait": "4 min",
    }  # fmt: skip


def test_a_queue_that_nobody_reads_is_marked(ada):
    alive("default")
    sent("reports.make", queue="reports")

    page = ada.get("/hardy/")

    assert "No worker reads the queue reports, where 1 job waits." in page.content.decode()


@pytest.mark.parametrize(("asked", "bars"), [("5m", 60), ("1h", 60), ("6h", 72), ("24h", 48), ("7d", 56)])
def test_the_chart_counts_how_attempts_of_a_range_ended(ada, asked, bars):
    past(3)
    past(2, outcome="failed")
    past(1, outcome="snoozed")
    past(5, minutes=60 * 24 * 8)

    chart = ada.get("/hardy/", {"range": asked}).context["chart"]

    assert len(chart.bars) == bars
    assert chart.totals == {"succeeded": 3, "retried": 1, "failed": 2, "other": 0}
    assert chart.summary == "3 succeeded, 1 retried, 2 failed"


def test_a_range_that_there_is_not_is_left_out_with_a_note(ada):
    page = ada.get("/hardy/", {"range": "9y"})

    assert page.status_code == 200
    assert "“range” was left out" in page.content.decode()
    assert len(page.context["chart"].bars) == 60


def test_a_long_history_is_counted_page_by_page_and_the_page_says_so(ada, monkeypatch):
    monkeypatch.setattr(outcomes, "BUDGET", 20)
    for minutes in range(50, 0, -1):
        past(3, minutes=minutes)

    first = ada.get("/hardy/")
    pages = [ada.get("/hardy/").context["chart"] for _ in range(12)]

    assert not first.context["chart"].complete
    assert "not counted yet" in first.content.decode()
    assert pages[-1].complete
    assert pages[-1].totals["succeeded"] == 150


def test_a_span_that_is_over_is_not_counted_twice(ada, django_assert_max_num_queries):
    past(3, minutes=10)
    ada.get("/hardy/")
    past(4, minutes=0)

    chart = ada.get("/hardy/").context["chart"]

    assert chart.totals["succeeded"] == 7
    with django_assert_max_num_queries(30):
        ada.get("/hardy/")


def test_the_charts_tell_how_long_attempts_of_the_range_waited_and_ran(ada):
    for seconds in range(1, 51):
        took(seconds, waited=seconds / 10)

    waits, runs = ada.get("/hardy/", {"range": "24h"}).context["lines"]

    assert waits.summary == "p50 2.5 s, p95 4.8 s, p99 5.0 s"
    assert [(line.name, line.said) for line in runs.lines] == [
        ("p50", "25.0 s"),
        ("p95", "48.0 s"),
        ("p99", "50.0 s"),
    ]
    assert runs.highest == "50.0 s"
    assert any("p50" in point.title for point in runs.points)
    assert any("nothing ended" in point.title for point in runs.points)


def test_a_range_in_which_nothing_ended_has_empty_charts(ada):
    page = ada.get("/hardy/")

    assert [chart.summary for chart in page.context["lines"]] == ["nothing ended", "nothing ended"]
    assert "Nothing failed in this range." in page.content.decode()


def test_the_slowest_and_the_most_failing_tasks_are_those_of_the_range(ada):
    took(90, waited=0, task="reports.make")
    took(2, waited=0, task="orders.place")
    past(3, outcome="failed", task="payments.charge")
    past(1, task="payments.charge")
    past(50, outcome="failed", minutes=60 * 30, task="long.ago")

    worst = ada.get("/hardy/").context["worst"]

    assert [row["task"] for row in worst["slowest"]] == ["reports.make", "orders.place"]
    assert worst["slowest"][0]["mean"] == "1 min 30 s"
    assert [(row["task"], row["failed"], row["attempts"], row["percent"]) for row in worst["failing"]] == [
        ("payments.charge", "3", "4", "75 %")
    ]


def test_a_release_that_came_in_the_range_is_marked_and_the_one_before_is_not(ada):
    past(2, minutes=30, release="1.0")
    past(2, minutes=10, release="1.1")
    past(2, minutes=5)

    page = ada.get("/hardy/")

    [mark] = page.context["marks"]
    assert mark.title.startswith("release 1.1 since ")
    assert 750 < float(mark.x) < 900  # ten minutes before the end of an hour
    assert "release 1.1 since" in mark.title
    assert "Dashed, from the left: release 1.1 since" in page.content.decode()
    assert page.context["releases"][0].name == "1.1"


def took(seconds, *, waited, **fields):
    """Write an attempt that ran and waited so long; of those written, the longer ends a little later."""
    ended = timezone.now() - timedelta(minutes=10) + timedelta(milliseconds=seconds)
    began = ended - timedelta(seconds=seconds)
    due = began - timedelta(seconds=waited)
    past(1, finished_at=ended, started_at=began, due_at=due, enqueued_at=due, **fields)
