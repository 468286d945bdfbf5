"""``make bench``: measure, then print the tables, the targets and the machine; ``--write`` puts them into the docs."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import charts, document, machine, measuring, profiling
from benchmarks.arguments import Arguments, parse
from benchmarks.results import Results
from benchmarks.table import figures_tables, scale_table
from benchmarks.targets import verdicts


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark that the command line asks for; 1 if a figure could not be measured."""
    arguments = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is ended
    if arguments.profile:
        return profiling.profile(arguments)
    measure = measuring.measure_scale if arguments.scale else measuring.measure
    results = measure(arguments, measuring.tell)
    _report(results, arguments)
    return 1 if any("left out" not in note for note in results.notes) else 0


def _report(results: Results, arguments: Arguments) -> None:
    described = machine.describe()
    if arguments.json:
        everything = {
            "machine": described,
            "tasks": arguments.tasks,
            "repeat": arguments.repeat,
            **results.as_json(),
            "targets": list(verdicts(results)),
        }
        text = json.dumps(everything, indent=2)
        if arguments.json == "-":
            print(text)
            return
        Path(arguments.json).write_text(text + "\n")
    parts = dict(_parts(results, arguments, described))
    print("\n\n".join(part for part in (*parts.values(), "\n".join(results.notes)) if part))
    if arguments.write:
        for chart, drawing in charts.drawn(results):
            document.draw(chart.name, drawing)
            parts[chart.section] = f"{chart.picture}\n\n{parts[chart.section]}"
        document.write(parts)


def _parts(results: Results, arguments: Arguments, described: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each part of the report by the name of its place in the document."""
    measured = f"medians of {arguments.repeat}, {arguments.tasks} tasks each; between brackets smallest…largest, runs"
    if arguments.scale:
        yield "scale", scale_table(results)
    else:
        yield "machine", "\n".join([measured, "", *machine.lines(described)])
        for section, table in figures_tables(results):
            yield section.name, f"**{section.title}**\n\n{table}"
    lines = "\n".join(f"- {line}" for line in verdicts(results))
    if lines and not arguments.scale:
        yield "targets", lines


if __name__ == "__main__":
    raise SystemExit(main())
