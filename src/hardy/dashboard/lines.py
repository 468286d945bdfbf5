"""Percentiles over time as lines, as numbers that a template writes into an SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hardy.dashboard.chart import WIDTH, span_in_words
from hardy.dashboard.words import took
from hardy.records.durations import PERCENTILES, Durations, percentile
from hardy.records.outcomes import Span

HEIGHT = 110.0
#: Seconds up to which the scale is nearly even; above, each tenfold is as high as the one before.
EVEN = 0.01

Values = Callable[[Durations], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Line:
    """One percentile: its name, its value over the whole range, and its path, broken where nothing ended."""

    name: str
    said: str
    path: str


@dataclass(frozen=True, slots=True)
class Point:
    """One span of time, and what it says when pointed at."""

    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """Everything that a template needs."""

    title: str
    lines: list[Line]
    points: list[Point]
    highest: str
    summary: str


def line_chart(
    title: str, spans: Sequence[Span], found: Sequence[Durations], values: Values, days: bool
) -> LineChart:
    """Draw p50, p95 and p99 of ``values`` over the spans."""
    by_percent = {percent: [percentile(values(one), percent) for one in found] for percent in PERCENTILES}
    highest = max((value for line in by_percent.values() for value in line if value is not None), default=0.0)
    width = WIDTH / len(spans)
    everything = sorted(value for one in found for value in values(one))
    lines = [
        Line(
            f"p{percent}", _said(percentile(everything, percent)), _path(by_percent[percent], width, highest)
        )
        for percent in PERCENTILES
    ]
    points = []
    for number, span in enumerate(spans):
        said = ", ".join(f"p{percent} {_said(by_percent[percent][number])}" for percent in PERCENTILES)
        said = said if by_percent[50][number] is not None else "nothing ended"
        points.append(Point(_round(number * width), _round(width), f"{span_in_words(span, days)}: {said}"))
    summary = ", ".join(f"{line.name} {line.said}" for line in lines) if everything else "nothing ended"
    return LineChart(title, lines, points, _said(highest) if everything else "", summary)


def _path(values: Sequence[float | None], width: float, highest: float) -> str:
    """Return an SVG path through the middles of the spans; a span without neighbours is a short dash."""
    path, draws = [], False
    for number, value in enumerate(values):
        if value is None:
            draws = False
            continue
        x, y = number * width, HEIGHT - _height(value, highest)
        start = f"M{_round(x + width * 0.2)} {_round(y)}" if not draws else ""
        path.append(f"{start}L{_round(x + width * 0.8)} {_round(y)}")
        draws = True
    return "".join(path)


def _height(value: float, highest: float) -> float:
    """Milliseconds and minutes must be told apart in one drawing: the scale is logarithmic."""
    if highest <= 0:
        return 1.0
    return 1.0 + (HEIGHT - 6.0) * math.log1p(value / EVEN) / math.log1p(highest / EVEN)


def _said(seconds: float | None) -> str:
    return "–" if seconds is None else took(timedelta(seconds=seconds))


def _round(value: float) -> str:
    return f"{value:.1f}"
