"""The first page: is background work healthy, and if not, why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.conf.durations import in_units
from hardy.dashboard.access import May, page
from hardy.dashboard.chart import bar_chart
from hardy.dashboard.lines import LineChart, line_chart
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.words import took
from hardy.db.counting import Counted
from hardy.ledger.health import health, is_behind
from hardy.ledger.overview import Overview, overview
from hardy.records.by_task import NEWEST, worst_since
from hardy.records.durations import durations_of
from hardy.records.outcomes import Span, failed_within, outcomes_over

HOUR = 3600

#: The ranges of the chart: how it is called, bars, and seconds of each.
RANGES = {
    "5m": ("5 min", 60, 5),
    "1h": ("1 h", 60, 60),
    "6h": ("6 h", 72, 300),
    "24h": ("24 h", 48, HOUR // 2),
    "7d": ("7 d", 56, 3 * HOUR),
    "14d": ("14 d", 56, 6 * HOUR),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, where it leads, and whether it is bad news."""

    name: str
    value: str
    url: str = ""
    is_bad: bool = False


@page()
def overview_page(request: HttpRequest, may: May) -> HttpResponse:
    """Health in a sentence, numbers, outcomes and times over a range, the worst tasks, queues."""
    asked = Parameters(request.GET)
    chosen = asked.choice("range", RANGES, "1h")
    now = overview()
    spans = outcomes_over(*RANGES[chosen][1:]) if may.runs else []
    days = chosen.endswith("d")
    context: dict[str, Any] = {
        "health": health(now),
        "tiles": _tiles(now, may),
        "queues": [
            {
                "queue": queue,
                "behind": is_behind(queue),
                "oldest": _age(queue.oldest_seconds),
                "url": _of_queue(queue.name),
            }
            for queue in now.queues
        ],
        "ranges": [(name, title, name == chosen) for name, (title, _, _) in RANGES.items()],
        "range": RANGES[chosen][0],
        "chart": bar_chart(spans, days) if spans else None,
        "lines": _lines(spans, days) if spans else [],
        "worst": _worst(spans) if spans else None,
        "notes": asked.notes,
    }
    return render(request, may, "overview", context)


def _lines(spans: Sequence[Span], days: bool) -> list[LineChart]:
    found = durations_of(spans)
    return [
        line_chart("How long they waited", spans, found, lambda one: one.waits, days),
        line_chart("How long they ran", spans, found, lambda one: one.runs, days),
    ]


def _worst(spans: Sequence[Span]) -> dict[str, Any]:
    """The slowest tasks and those that fail most, as rows of two tables."""
    found = worst_since(spans[0].start)
    said = [
        [
            {
                "task": task.task,
                "url": reverse("hardy:tasks") + query(task=task.task, state=state),
                "mean": took(timedelta(seconds=task.mean)),
                "longest": took(timedelta(seconds=task.longest)),
                "attempts": f"{task.attempts:,}",
                "failed": f"{task.failed:,}",
                "percent": f"{task.failed_percent:.1f} %"
                if task.failed_percent < 10
                else f"{task.failed_percent:.0f} %",
            }
            for task in tasks
        ]
        for tasks, state in ((found.slowest, ""), (found.failing, "failed"))
    ]
    return {"slowest": said[0], "failing": said[1], "is_partial": found.is_partial, "looked_at": NEWEST}


def _tiles(now: Overview, may: May) -> list[Tile]:
    tiles = [
        Tile("Waiting", str(now.waiting), _tasks("waiting"), any(map(is_behind, now.queues))),
        Tile("Running", str(now.running), _tasks("running")),
        Tile("Due later", str(now.later), _tasks("later")),
        Tile("Dead", str(now.dead), reverse("hardy:errors") if may.letters else "", bool(now.dead)),
    ]
    if may.runs:
        failed: Counted = failed_within(timedelta(hours=1))
        tiles.append(Tile("Failed, last hour", str(failed), _tasks("failed"), bool(failed)))
    return [
        *tiles,
        Tile(
            "Workers", str(len(now.readers)), reverse("hardy:workers") if may.workers else "", not now.readers
        ),
        Tile(
            "Oldest wait",
            " ".join(_age(now.oldest_seconds).split()[:2]),
            _tasks("waiting"),
            any(map(is_behind, now.queues)),
        ),
    ]


def _tasks(state: str) -> str:
    return reverse("hardy:tasks") + query(state=state)


def _of_queue(name: str) -> str:
    return reverse("hardy:tasks") + query(queue=name)


def _age(seconds: float | None) -> str:
    return "–" if seconds is None else in_units(seconds)
