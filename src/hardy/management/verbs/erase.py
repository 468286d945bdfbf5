"""`manage.py hardy erase`: what is kept about a person, or any other row of the project's data, goes."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.errors import HardyError
from hardy.management.asking import ask
from hardy.management.verb import Verb
from hardy.records.erasure import Erasure, erase

#: Jobs that a message names.
NAMED = 20

#: What becomes of each kind of row, in the order of the report.
BECOMES = {
    "runs": "emptied: when, where and how they ended stays",
    "results": "deleted",
    "dead letters": "deleted",
    "decisions": "emptied: who decided what and when stays",
    "Django task calls": "deleted",
    "tags": "deleted",
}


class NotATag(HardyError):
    """What is to be erased was not named by a tag."""


class NotAllErased(HardyError):
    """Jobs about the subject wait or run."""


class Erase(Verb):
    """Erase what is kept about rows of your data: `hardy erase customer:42 --dry-run`, `hardy erase customer:42`."""

    name = "erase"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "tags", nargs="+", metavar="tag", help="such as customer:42, as `hardy runs --tag` has it"
        )
        parser.add_argument(
            "--cancel", action="store_true", help="first cancel the jobs about it that have not begun"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would be erased, and do nothing"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask first")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        try:
            found = erase(*options["tags"], dry_run=True)
        except ValueError as error:
            raise NotATag(str(error)) from error
        if not options["dry_run"]:
            if found.counts.total() or found.left:
                ask(f"Erase {_kinds(found)} about {_subject(found)}, for good?", options, out)
            found = erase(*options["tags"], cancel_waiting=options["cancel"])
        out.write(json.dumps(_as_json(found), indent=2) if options["json"] else _readable(found))
        if found.left and not found.dry_run:
            raise NotAllErased(_left(found))


def _readable(found: Erasure) -> str:
    lines = [f"{count:>6}  {what:<17}  {BECOMES[what]}" for what in BECOMES if (count := found.counts[what])]
    if found.cancelled:
        lines.append(f"{found.cancelled:>6}  {'waiting jobs':<17}  cancelled")
    if found.dry_run and (lines or found.left):
        if found.left:
            lines.append(
                f"{len(found.left):>6}  {'jobs':<17}  kept: they wait or run, and need their arguments"
            )
        lines.append(f"Would erase {_kinds(found)} about {_subject(found)}. Nothing was done.")
    elif lines:
        lines.append(f"Erased what was kept about {_subject(found)}.")
    else:
        but = " but the jobs that are not over" if found.left else ""
        lines.append(f"Nothing is kept about {_subject(found)}{but}.")
        if any(tag != tag.lower() for tag in found.tags):
            lines.append("Tags are compared letter by letter, and those of models are in lower case.")
    return "\n".join(lines)


def _left(found: Erasure) -> str:
    is_one = len(found.left) == 1
    jobs = "1 job" if is_one else f"{len(found.left)} jobs"
    verb, over = (
        ("waits or runs and needs its", "it is") if is_one else ("wait or run and need their", "they are")
    )
    lines = [f"  {job.id} {job.task} ({job.state})" for job in found.left[:NAMED]]
    if len(found.left) > NAMED:
        lines.append(f"  and {len(found.left) - NAMED} more: hardy jobs --tag {found.tags[0]}")
    return "\n".join(
        [
            f"{jobs} about {_subject(found)} {verb} arguments. --cancel cancels what has not begun;",
            f"what runs leaves a run behind. Erase once more when {over} over:",
            *lines,
        ]
    )


def _as_json(found: Erasure) -> dict[str, Any]:
    return {
        "tags": list(found.tags),
        "dry_run": found.dry_run,
        "erased": {what: count for what in BECOMES if (count := found.counts[what])},
        "cancelled": found.cancelled,
        "left": [{"id": job.id, "task": job.task, "state": job.state} for job in found.left],
        "complete": found.is_complete,
    }


def _kinds(found: Erasure) -> str:
    said = [_counted(found.counts[what], what) for what in BECOMES if found.counts[what]]
    return ", ".join(said) or "nothing"


def _subject(found: Erasure) -> str:
    return ", ".join(found.tags)


def _counted(count: int, what: str) -> str:
    return f"1 {what.removesuffix('s')}" if count == 1 else f"{count:,} {what}"
