"""The tables: stacks down, figures across, one table for each question that a reader has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.growth import COLUMNS
from benchmarks.results import Results
from benchmarks.scale import LIGHT, LOADS
from benchmarks.stacks import STACKS, Stack

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Section:
    """One table: its marker in the document, what it is about, its columns (name, heading)."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    #: Whether the stack's facts stand beside the figures, and run/s as a multiple of the pattern's stack.
    with_facts: bool = False


SECTIONS = (
    Section(
        "running", "Tasks run per second, by two processes",
        (("run", "run/s"), ("write", "write/s"), ("nap", "nap/s")), with_facts=True,
    ),
    Section(
        "sending", "Tasks sent per second, by one process",
        (("send", "send/s"), ("together", "send/s tx"), ("bulk", "send/s bulk")),
    ),
    Section(
        "latency", "Milliseconds from the send to the body; seconds from kill -9 to the next start",
        (("p50", "idle p50"), ("p99", "idle p99"), ("half_p50", "half load p50"), ("half_p99", "half load p99"),
         ("recovery", "recovery s")),
    ),
    Section(
        "cost", "What 10 000 tasks that do nothing cost",
        (("cpu", "CPU s of the worker"), ("machine", "CPU s of the machine"), ("memory", "MiB of the worker"),
         ("claim", "claim and end, ms")),
    ),
    Section("growth", "What a worker of two processes holds", COLUMNS),
)  # fmt: skip


def figures_tables(results: Results) -> Iterator[tuple[Section, str]]:
    """Yield each table that this run has a figure for, with its section."""
    for section in SECTIONS:
        stacks = [stack for stack in STACKS if _has_any(results, stack, section)]
        if stacks:
            yield section, _table(results, section, stacks)


def scale_table(results: Results) -> str:
    """Return run/s of every ledger under every load, and how far that is from the light one."""
    rows = [
        [stack.title, *(_under_load(results, stack, load.name) for load in LOADS)]
        for stack in STACKS
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


def spread(values: Sequence[float]) -> str:
    """Return the smallest and the largest of the runs and how many there were; '' for a single one."""
    return f" ({number(min(values))}…{number(max(values))}, {len(values)}×)" if len(values) > 1 else ""


def _table(results: Results, section: Section, stacks: Sequence[Stack]) -> str:
    headings = ["stack", *(heading for _, heading in section.columns)]
    rows = [[stack.title, *(_cell(results, stack, name) for name, _ in section.columns)] for stack in stacks]
    if section.with_facts:
        headings += ["× stock", "sent with the data", "killed mid-task", "recorded"]
        for stack, row in zip(stacks, rows, strict=True):
            ratio = number(results.ratio(stack.name, "run", stack.beside))
            row += [ratio, stack.facts.commits, stack.facts.killed, stack.facts.recorded]
    return text_table(headings, rows)


def _has_any(results: Results, stack: Stack, section: Section) -> bool:
    return any(results.median(stack.name, name) is not None for name, _ in section.columns)


def _cell(results: Results, stack: Stack, column: str) -> str:
    if column in stack.known:
        return stack.known[column]
    values = results.values.get(stack.name, {}).get(column)
    return number(results.median(stack.name, column)) + spread(values) if values else NOTHING


def _aligned(line: list[str], widths: list[int]) -> list[str]:
    return [
        line[0].ljust(widths[0]),
        *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)),
    ]


def _under_load(results: Results, stack: Stack, load: str) -> str:
    heavy, light = results.median(stack.name, load), results.median(stack.name, LIGHT.name)
    if heavy is None or not light or load == LIGHT.name:
        return number(heavy)
    return f"{number(heavy)} ({heavy / light - 1:+.0%})"
