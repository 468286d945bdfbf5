"""``make bench``: measure, then print the table, the targets and the machine."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, measuring
from benchmarks.arguments import Arguments, parse
from benchmarks.results import Results
from benchmarks.table import figures_table, scale_table
from benchmarks.targets import verdicts


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark that the command line asks for; 1 if a figure could not be measured."""
    arguments = parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is ended
    measure = measuring.measure_scale if arguments.scale else measuring.measure
    results = measure(arguments, measuring.tell)
    _report(results, arguments)
    return 1 if any("left out" not in note for note in results.notes) else 0


def _report(results: Results, arguments: Arguments) -> None:
    described = machine.describe()
    everything = {
        "machine": described,
        "tasks": arguments.tasks,
        "repeat": arguments.repeat,
        **results.as_json(),
        "targets": list(verdicts(results)),
    }
    if arguments.json == "-":
        print(json.dumps(everything, indent=2))
        return
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(everything, indent=2) + "\n")
    print(_page(results, arguments, described))


def _page(results: Results, arguments: Arguments, described: dict[str, str]) -> str:
    table = scale_table if arguments.scale else figures_table
    parts = [
        f"medians of {arguments.repeat}, {arguments.tasks} tasks each",
        table(results, arguments),
        "\n".join(verdicts(results)),
        "\n".join(results.notes),
        "\n".join(machine.lines(described)),
    ]
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    raise SystemExit(main())
