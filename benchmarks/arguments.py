"""The command line: ``python -m benchmarks --only hardy-sqlite,run --tasks 500 --repeat 1``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.figures import FIGURES, Figure
from benchmarks.stacks import STACKS, Stack


@dataclass(frozen=True, slots=True)
class Arguments:
    """What is measured, and how long."""

    stacks: tuple[Stack, ...]
    figures: tuple[Figure, ...]
    tasks: int
    repeat: int
    scale: bool
    profile: bool
    write: bool
    json: str | None


class Length(NamedTuple):
    """How much is measured: tasks per figure, and how often."""

    tasks: int
    repeat: int


FULL, QUICK = Length(2000, 3), Length(500, 1)


def parse(words: Sequence[str] | None = None) -> Arguments:
    """Read the command line; wrong input ends the process with a sentence, as argparse does."""
    parser = _parser()
    given = parser.parse_args(words)
    names = {name.strip() for name in given.only.split(",") if name.strip()}
    known = {stack.name for stack in STACKS} | {figure.name for figure in FIGURES}
    if unknown := sorted(names - known):
        parser.error(f"--only knows no {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return Arguments(
        stacks=tuple(stack for stack in STACKS if stack.name in names) or STACKS,
        figures=tuple(figure for figure in FIGURES if figure.name in names)
        or tuple(figure for figure in FIGURES if not figure.on_request),
        tasks=given.tasks or (QUICK.tasks if given.quick else FULL.tasks),
        repeat=given.repeat or (QUICK.repeat if given.quick else FULL.repeat),
        scale=given.scale, profile=given.profile, write=given.write, json=given.json,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="hardy beside stock Celery and other tools: whole worker processes, everything in one run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_epilog(),
    )
    parser.add_argument(
        "--only", default="", metavar="NAME[,NAME]", help="only these stacks and figures (see below)"
    )
    parser.add_argument("--tasks", type=_at_least(20), help=f"tasks per figure (default: {FULL.tasks})")
    parser.add_argument(
        "--repeat", type=_at_least(1), help=f"how often; medians are shown (default: {FULL.repeat})"
    )
    parser.add_argument(
        "--quick", action="store_true",
        help=f"everything in a quarter of an hour: --tasks {QUICK.tasks} --repeat {QUICK.repeat}",
    )  # fmt: skip
    parser.add_argument(
        "--scale", action="store_true",
        help="instead: run/s beside 200 000 waiting rows and 1 000 000 runs; takes minutes",
    )  # fmt: skip
    parser.add_argument(
        "--profile", action="store_true", help="instead: where each stack's worker spends its time"
    )
    parser.add_argument("--write", action="store_true", help="put tables and charts into docs/benchmarks.md")
    parser.add_argument(
        "--json", metavar="FILE", help="also write everything as JSON; - prints it instead of the table"
    )
    return parser


def _epilog() -> str:
    stacks = [f"  {stack.name:<24}{stack.title}" for stack in STACKS]
    figures = [f"  {figure.name:<24}{figure.sentence}" for figure in FIGURES]
    return "\n".join(["stacks:", *stacks, "figures:", *figures])


def _at_least(least: int):  # type: ignore[no-untyped-def]
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}")
        return value

    return number
