"""The first page: is background work healthy, and if not, why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.conf.durations import in_units
from hardy.dashboard.access import May, page, wants_json
from hardy.dashboard.chart import bar_chart, marks
from hardy.dashboard.lines import LineChart, line_chart
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.queues import line
from hardy.dashboard.rendering import render
from hardy.dashboard.worst import tables
from hardy.db.counting import Counted
from hardy.ledger.health import health, is_behind
from hardy.ledger.overview import Overview, overview
from hardy.records.by_task import edge_of_newest, worst_since
from hardy.records.durations import Durations, durations_of
from hardy.records.outcomes import Span, failed_within, outcomes_over
from hardy.records.releases import releases_since
from hardy.records.throughput import throughput

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
    durations = durations_of(spans)
    edge = edge_of_newest() if spans else 0
    worst = worst_since(spans[0].start, edge) if spans else None
    releases = releases_since(spans[0].start, edge) if spans else []
    fast, days = throughput() if may.runs and wants_json(request) else None, chosen.endswith("d")
    context: dict[str, Any] = {
        "health": health(now),
        "tiles": _tiles(now, may),
        "now": now,
        "queues": [line(queue, now, fast) for queue in now.queues],
        "ranges": [(name, title, name == chosen) for name, (title, _, _) in RANGES.items()],
        "range": RANGES[chosen][0],
        "chart": bar_chart(spans, days) if spans else None,
        "lines": _lines(spans, durations, days) if spans else [],
        "worst": tables(worst) if worst else None,
        "releases": releases,
        "marks": marks(spans, releases) if spans else [],
        "spans": spans,
        "durations": durations,
        "worst_tasks": worst,
        "notes": asked.notes,
    }
    return render(request, may, "overview", context)


def _lines(spans: Sequence[Span], found: Sequence[Durations], days: bool) -> list[LineChart]:
    return [
        line_chart("How long they waited", spans, found, lambda one: one.waits, days),
        line_chart("How long they ran", spans, found, lambda one: one.runs, days),
    ]


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


def _age(seconds: float | None) -> str:
    return "–" if seconds is None else in_units(seconds)
