"""The first page: is background work healthy, and if not, why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.conf.durations import in_units
from hardy.dashboard.access import May, page
from hardy.dashboard.chart import BarChart, bar_chart
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.db.counting import Counted
from hardy.ledger.health import health, is_behind
from hardy.ledger.overview import Overview, overview
from hardy.records.outcomes import failed_within, outcomes_over

HOUR = 3600

#: The ranges of the chart: how it is called, bars, and seconds of each.
RANGES = {"1h": ("1 h", 60, 60), "24h": ("24 h", 48, HOUR // 2), "7d": ("7 d", 56, 3 * HOUR)}


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, where it leads, and whether it is bad news."""

    name: str
    value: str
    url: str = ""
    is_bad: bool = False


@page()
def overview_page(request: HttpRequest, may: May) -> HttpResponse:
    """Health in a sentence, numbers, outcomes over time, queues, workers."""
    asked = Parameters(request.GET)
    chosen = asked.choice("range", RANGES, "1h")
    now = overview()
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
        "workers": [(worker, in_units(worker.seen_seconds_ago)) for worker in now.workers],
        "ranges": [(name, title, name == chosen) for name, (title, _, _) in RANGES.items()],
        "chart": _chart(chosen) if may.runs else None,
        "notes": asked.notes,
    }
    return render(request, may, "overview", context)


def _chart(chosen: str) -> BarChart:
    _, bars, seconds = RANGES[chosen]
    return bar_chart(outcomes_over(bars, seconds), days=bars * seconds > 24 * HOUR)


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
