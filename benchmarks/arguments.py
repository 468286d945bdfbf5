"""The command line: ``python -m benchmarks --only hardy-sqlite,run --tasks 500 --repeat 1``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

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
    json: str | None


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
        figures=tuple(figure for figure in FIGURES if figure.name in names) or FIGURES,
        tasks=given.tasks, repeat=given.repeat, scale=given.scale, json=given.json,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="hardy beside stock Celery: whole worker processes, medians, everything in one run.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_epilog(),
    )
    parser.add_argument(
        "--only", default="", metavar="NAME[,NAME]", help="only these stacks and figures (see below)"
    )
    parser.add_argument(
        "--tasks", type=_at_least(20), default=2000, help="tasks per figure (default: %(default)s)"
    )
    parser.add_argument(
        "--repeat", type=_at_least(1), default=3, help="how often; medians are shown (default: %(default)s)"
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="instead: run/s beside 200 000 waiting rows and 1 000 000 runs; takes minutes",
    )
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
