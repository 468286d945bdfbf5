"""Bar charts as SVG, drawn by hand: readable in light and dark, and small enough for a diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.results import Results
from benchmarks.stacks import STACKS, Stack
from benchmarks.table import number

WIDTH, LABEL, ROW, TOP = 760, 300, 22, 34
FONT = 'font-family="sans-serif" font-size="12"'
OURS, DURABLE, OTHER = "#0b7a4b", "#5b7fa6", "#b0b4ba"


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure of all stacks; its file is ``docs/images/bench-<name>.svg``."""

    name: str
    title: str
    column: str
    #: The table it stands above.
    section: str

    @property
    def picture(self) -> str:
        """Return the line of the document that shows it."""
        return f"![{self.title}](images/bench-{self.name}.svg)"


CHARTS = (
    Chart("run", "Tasks run per second (a task that does nothing, two processes)", "run", "running"),
    Chart("send", "Tasks sent per second (one after the other, one process)", "send", "sending"),
    Chart(
        "latency",
        "Milliseconds from the send to the body, idle worker, median (less is better)",
        "p50",
        "latency",
    ),
)


def drawn(results: Results) -> Iterator[tuple[Chart, str]]:
    """Yield each chart that this run has figures for, with its SVG."""
    for chart in CHARTS:
        bars = [
            (stack, value)
            for stack in STACKS
            if (value := results.median(stack.name, chart.column)) is not None
        ]
        if bars:
            yield chart, svg(chart.title, bars)


def svg(title: str, bars: Sequence[tuple[Stack, float]]) -> str:
    """Return a bar for each stack: hardy's green, what commits with the data blue, everything else grey."""
    height = TOP + ROW * len(bars) + 30
    longest = max(value for _, value in bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-size="14" font-weight="bold" fill="#222">{escape(title)}</text>',
        *(_bar(number_, stack, value, longest) for number_, (stack, value) in enumerate(bars)),
        _legend(height - 10),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bar(place: int, stack: Stack, value: float, longest: float) -> str:
    y = TOP + place * ROW
    width = max(1, round((WIDTH - LABEL - 80) * value / longest))
    return (
        f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end" fill="#222">{escape(stack.title)}</text>'
        f'<rect x="{LABEL}" y="{y + 2}" width="{width}" height="{ROW - 6}" fill="{_colour(stack)}"/>'
        f'<text x="{LABEL + width + 6}" y="{y + 14}" fill="#222">{number(value)}</text>'
    )


def _legend(y: int) -> str:
    words = (
        (8, OURS, "hardy"),
        (88, DURABLE, "sent with the data too"),
        (258, OTHER, "sent whether the data commits or not"),
    )
    return "".join(
        f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>'
        f'<text x="{x + 14}" y="{y}" font-size="11" fill="#555">{word}</text>'
        for x, colour, word in words
    )


def _colour(stack: Stack) -> str:
    if stack.has_ledger:
        return OURS
    return DURABLE if stack.facts.commits == "yes" else OTHER
