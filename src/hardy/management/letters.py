"""Letters as the command line chooses and shows them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hardy.conf.durations import parse_duration
from hardy.db.clock import present, since
from hardy.dead_letters import presenters
from hardy.dead_letters.queries import Filter
from hardy.errors import HardyError
from hardy.ledger.models import DeadLetter
from hardy.management.arguments import count
from hardy.management.table import ago, table

#: The options that say which letters are meant, with the sentence of each.
FILTERS = {
    "task": "of this task; a * at the end stands for any ending",
    "error": "whose error has this in its type or its text",
    "reason": f"that died for this reason: {', '.join(DeadLetter.Reason.values)}",
    "queue": "of this queue",
    "tag": "of jobs about this row, such as order:42",
    "text": "with this text in their arguments",
    "fingerprint": "of this kind of error",
    "older": "that died longer ago than this: 90s, 30m, 2h, 3d, 1w",
    "newer": "that died within this time",
}


class Undecided(HardyError):
    """Which letters are meant was not said."""


def add_filters(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("which letters")
    for name, sentence in FILTERS.items():
        also = ("--state",) if name == "reason" else ()  # as every list calls it
        group.add_argument(f"--{name}", *also, dest=name, default="", help=sentence)
    group.add_argument(
        "--id", action="append", default=[], help="with this number or job id; may be repeated"
    )
    group.add_argument("--limit", type=count, help="at most this many")


def chosen(options: dict[str, Any]) -> Filter:
    older, newer = (parse_duration(options[name]) if options[name] else None for name in ("older", "newer"))
    words = {name: options[name] for name in FILTERS if name not in ("older", "newer")}
    if words["reason"] and words["reason"] not in DeadLetter.Reason.values:
        raise Undecided(
            f"{words['reason']!r} is no reason. There are: {', '.join(DeadLetter.Reason.values)}."
        )
    return Filter(**words, older=older, newer=newer, ids=options["id"])


def missing(options: dict[str, Any]) -> list[str]:
    """Return the numbers and ids that were named and that no letter has."""
    return [id for id in options["id"] if not Filter(ids=[id]).letters().exists()]


def absent(ids: Sequence[str]) -> str:
    """Return the sentence that names what no letter has."""
    return f"No dead letter has the number or the job {', '.join(ids)}. See: hardy dead list"


def letters_table(letters: list[DeadLetter]) -> str:
    headings = ("letter", "task", "reason", "error", "queue", "attempts", "died_at", "job")
    now = present()
    return table(headings, [_row(letter, now) for letter in letters])


def _row(letter: DeadLetter, now: datetime) -> tuple[object, ...]:
    died = f"{ago(since(letter.died_at, now).total_seconds())} ago"
    error = presenters.first_line(letter, 60)
    return letter.pk, letter.task, letter.reason, error, letter.queue, letter.attempts, died, letter.job


def counted(count: int) -> str:
    return "1 letter" if count == 1 else f"{count} letters"
