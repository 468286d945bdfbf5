"""The order of a run: repetitions outside, stacks inside, so that a noisy minute hits every stack alike."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from benchmarks.arguments import Arguments
from benchmarks.figures import Figure, Values
from benchmarks.projects import Failed, Project, opened
from benchmarks.results import Results
from benchmarks.scale import LOADS, Load, run_under
from benchmarks.servers import Missing, own_redis
from benchmarks.stacks import Stack

Tell = Callable[[str], None]


def measure(arguments: Arguments, tell: Tell) -> Results:
    """Measure every figure on every stack, as often as asked."""
    results = Results()
    with _projects(arguments.stacks, results) as projects:
        steps = [
            (figure, project)
            for _ in range(arguments.repeat)
            for figure in arguments.figures
            for project in projects
            if figure.fits(project.stack)
        ]
        for number, (figure, project) in enumerate(steps, start=1):
            tell(f"{number} of {len(steps)}, {figure.name}: {project.stack.title}")
            _note(results, project, figure, arguments.tasks)
    return results


def measure_scale(arguments: Arguments, tell: Tell) -> Results:
    """Measure run/s under every load on every stack whose ledger is the broker."""
    results = Results()
    with _projects([stack for stack in arguments.stacks if stack.is_filled_by_sql], results) as projects:
        for round_number in range(1, arguments.repeat + 1):
            for project in projects:
                for load in LOADS:
                    tell(f"{round_number}/{arguments.repeat} {load.heading}: {project.stack.title}")
                    _note(results, project, _under(load), arguments.tasks)
    return results


def _under(load: Load) -> Figure:
    def measure_load(project: Project, tasks: int) -> Values:
        return {load.name: run_under(project, load, tasks)}

    return Figure(load.name, load.heading, ((load.name, load.heading),), measure_load)


def _note(results: Results, project: Project, figure: Figure, tasks: int) -> None:
    try:
        project.clear()
        results.add(project.stack.name, figure.measure(project, tasks))
    except Failed as failed:
        results.notes.append(f"{project.stack.title}, {figure.name}: {failed}")


@contextmanager
def _projects(stacks: list[Stack] | tuple[Stack, ...], results: Results) -> Iterator[list[Project]]:
    """Open every stack whose servers are there; each of the others leaves one line."""
    with tempfile.TemporaryDirectory(prefix="hardy-bench-") as folder, ExitStack() as all_opened:
        redis = cache(lambda: all_opened.enter_context(own_redis()))
        projects = []
        for stack in stacks:
            tell(f"preparing: {stack.title}")
            try:
                projects.append(all_opened.enter_context(opened(stack, Path(folder), redis)))
            except Missing as missing:
                results.notes.append(f"{stack.title}: left out. {missing}")
        yield projects


def tell(line: str) -> None:
    """Say what is being measured, apart from the table."""
    print(line, file=sys.stderr, flush=True)
