"""The table in the terminal: stacks down, figures across."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.arguments import Arguments
from benchmarks.results import Results
from benchmarks.scale import LIGHT, LOADS
from benchmarks.stacks import Stack

NOTHING = "–"


def figures_table(results: Results, arguments: Arguments) -> str:
    """Return a row for every stack that was measured, and how many times as fast it is as the stock stack beside it."""
    columns = [column for figure in arguments.figures for column in figure.columns]
    headings = ["stack", *(heading for _, heading in columns)]
    with_ratio = any(name == "run" for name, _ in columns)
    rows = [
        [
            stack.title,
            *(_cell(results, stack, name) for name, _ in columns),
            *_ratio(results, stack, with_ratio),
        ]
        for stack in arguments.stacks
        if stack.name in results.values
    ]
    return text_table([*headings, *(["× stock"] if with_ratio else [])], rows)


def scale_table(results: Results, arguments: Arguments) -> str:
    """Return run/s of every ledger under every load, and how far that is from the light one."""
    rows = [
        [stack.title, *(_under_load(results, stack, load.name) for load in LOADS)]
        for stack in arguments.stacks
        if stack.name in results.values
    ]
    return text_table(["run/s while", *(load.heading for load in LOADS)], rows)


def text_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return aligned columns, the first to the left and the others to the right; also valid Markdown."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    marks = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [_aligned(line, widths) for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in (aligned[0], marks, *aligned[1:]))


def number(value: float | None) -> str:
    """Return a figure with as many digits as it is worth."""
    if value is None:
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}"


def _aligned(line: list[str], widths: list[int]) -> list[str]:
    return [
        line[0].ljust(widths[0]),
        *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)),
    ]


def _cell(results: Results, stack: Stack, column: str) -> str:
    return stack.known.get(column) or number(results.median(stack.name, column))


def _ratio(results: Results, stack: Stack, wanted: bool) -> list[str]:
    return [number(results.ratio(stack.name, "run", stack.beside))] if wanted else []


def _under_load(results: Results, stack: Stack, load: str) -> str:
    heavy, light = results.median(stack.name, load), results.median(stack.name, LIGHT.name)
    if heavy is None or not light or load == LIGHT.name:
        return number(heavy)
    return f"{number(heavy)} ({heavy / light - 1:+.0%})"
