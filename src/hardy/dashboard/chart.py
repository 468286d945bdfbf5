"""Bars of attempts over time, and a job's life, as numbers that a template writes into an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from hardy.records.outcomes import Span
from hardy.records.releases import Release

WIDTH, HEIGHT = 1000.0, 160.0
#: A single failure among thousands must be seen.
LEAST = 3.0
LABELS = 5
#: Characters of a release in a sentence.
NAME = 16

#: What is drawn together, from the bottom up: the outcomes of each colour.
SERIES = {
    "succeeded": ("succeeded",),
    "retried": ("retried", "snoozed", "replaced"),
    "failed": ("failed", "lost", "rejected"),
    "other": ("cancelled", "ignored"),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the coordinates of its drawing, as text: no language of a project puts a comma into it."""

    x: str
    y: str
    width: str
    height: str
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One span of time: its boxes, and what it says when pointed at."""

    x: str
    width: str
    title: str
    boxes: list[Box]
    counted: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the drawing, what it says when pointed at, and in short."""

    x: str
    title: str
    short: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Everything that a template needs."""

    bars: list[Bar]
    highest: int
    labels: list[str]
    totals: dict[str, int]
    complete: bool

    @property
    def summary(self) -> str:
        said = [f"{count:,} {name}" for name, count in self.totals.items() if count]
        return ", ".join(said) or "nothing ended"


def bar_chart(spans: Sequence[Span], days: bool) -> BarChart:
    """Draw spans; ``days``: they are so long that labels need a date."""
    form = _form(spans, days)
    counts = [_grouped(span) for span in spans]
    highest = max((sum(count.values()) for count in counts if count), default=0)
    width = WIDTH / len(spans)
    bars = [
        _bar(span, count, number * width, width, highest, form)
        for number, (span, count) in enumerate(zip(spans, counts, strict=True))
    ]
    totals = {name: sum(count[name] for count in counts if count) for name in SERIES}
    step = max(1, len(spans) // (LABELS - 1))
    labels = [_clock(spans[min(number, len(spans) - 1)].start, form) for number in range(0, len(spans), step)]
    return BarChart(bars, highest, [*labels[: LABELS - 1], "now"], totals, None not in counts)


def marks(spans: Sequence[Span], releases: Sequence[Release]) -> list[Mark]:
    """Return where releases began, on the same drawing."""
    begin, whole = spans[0].start, (spans[-1].end - spans[0].start).total_seconds()
    return [
        Mark(
            _round((release.first - begin).total_seconds() / whole * WIDTH),
            f"release {release.name} since {_clock(release.first, '%d %b %H:%M:%S')}",
            f"{_short(release.name)} since {_clock(release.first, '%H:%M')}",
        )
        for release in releases
    ]


def _short(name: str) -> str:
    """A commit is known by its first letters."""
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _bar(span: Span, counts: dict[str, int] | None, x: float, width: float, highest: int, form: str) -> Bar:
    when = f"{_clock(span.start, form)} – {_clock(span.end, form.rpartition(' ')[2])}"
    if counts is None:
        return Bar(_round(x), _round(width), f"{when}: not counted yet", [], counted=False)
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"
    boxes, top = [], HEIGHT
    for name, count in counts.items():
        if count:
            height = max(LEAST, count / highest * (HEIGHT - LEAST * len(SERIES)))
            top -= height
            boxes.append(Box(_round(x + width * 0.1), _round(top), _round(width * 0.8), _round(height), name))
    return Bar(_round(x), _round(width), f"{when}: {said}", boxes, counted=True)


def span_in_words(span: Span, days: bool) -> str:
    """``14:05 – 14:06``; with the date where a range is of days."""
    form = _form([span], days)
    return f"{_clock(span.start, form)} – {_clock(span.end, form.rpartition(' ')[2])}"


def _form(spans: Sequence[Span], days: bool) -> str:
    is_short = (spans[0].end - spans[0].start).total_seconds() < 60
    return "%d %b %H:%M" if days else "%H:%M:%S" if is_short else "%H:%M"


def _grouped(span: Span) -> dict[str, int] | None:
    if span.outcomes is None:
        return None
    return {name: sum(span.outcomes[outcome] for outcome in group) for name, group in SERIES.items()}


def _clock(moment: datetime, form: str) -> str:
    return timezone.localtime(moment).strftime(form)


def _round(value: float) -> str:
    return f"{value:.2f}"
