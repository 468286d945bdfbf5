"""Which of the jobs that wait a verb is about: ids, or filters as `hardy jobs` has them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from hardy.conf.durations import parse_duration
from hardy.errors import HardyError
from hardy.ledger.jobs import JobFilter
from hardy.ledger.models import Job
from hardy.management.arguments import count
from hardy.management.job_filters import ID_HELP, JOB_FILTERS

#: Jobs acted on without --all-matching.
AT_FIRST = 100

RUNS = "A job that runs is not {done} here: `celery control revoke --terminate <id>` ends it."


class NoneMeant(HardyError):
    """Which jobs are meant was not said, or in a state in which none can be."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The ids of the jobs, oldest first, and how many more match."""

    ids: list[str]
    left: int = 0


def add_choice(parser: ArgumentParser, states: Collection[str]) -> None:
    """Add what says which jobs are meant, and how far to go without asking."""
    parser.add_argument("ids", nargs="*", metavar="task-id", help="the jobs with these ids")
    group = parser.add_argument_group("which jobs, beside or instead of ids")
    for name, sentence in {**JOB_FILTERS, "state": f"in this state: {', '.join(states)}"}.items():
        group.add_argument(f"--{name}", default="", help=sentence)
    group.add_argument("--id", action="append", default=[], metavar="TASK-ID", help=ID_HELP)
    group.add_argument("--limit", type=count, help=f"at most this many ({AT_FIRST}, oldest first)")
    group.add_argument("--all-matching", action="store_true", help="all that match")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def meant(options: dict[str, Any], states: Collection[str], *, verb: str, done: str) -> Meant:
    """Return the jobs that the arguments choose; ids that no job has are among them, for the verb to name."""
    ids = [*options["ids"], *options["id"]]
    if not is_filtered(options):
        if not ids and not options["all_matching"]:
            raise NoneMeant(
                f"Say which jobs to {verb}: ids, or --task, --queue, --state …; --all-matching for all that wait."
            )
        if ids:
            return Meant(list(dict.fromkeys(ids)))
    found = _matching(options, ids, states, done)
    limit = options["limit"] or (None if options["all_matching"] or ids else AT_FIRST)
    chosen = list(found.order_by("enqueued_at", "id").values_list("id", flat=True)[:limit])
    return Meant(chosen, found.count() - len(chosen) if limit else 0)


def is_filtered(options: dict[str, Any]) -> bool:
    """Whether jobs were chosen by more than their ids."""
    return any(options[name] for name in JOB_FILTERS)


def _matching(
    options: dict[str, Any], ids: Collection[str], states: Collection[str], done: str
) -> QuerySet[Job]:
    if options["state"] == Job.State.RUNNING:
        raise NoneMeant(RUNS.format(done=done))
    if options["state"] and options["state"] not in states:
        raise NoneMeant(
            f"No job in the state {options['state']!r} can be {done}. There are: {', '.join(states)}."
        )
    words = {name: options[name] for name in JOB_FILTERS}
    ages = {name: parse_duration(words[name]) if words[name] else None for name in ("older", "newer")}
    return JobFilter(**{**words, **ages}, ids=ids).jobs().filter(state__in=states)
