"""`manage.py hardy cancel` and `reschedule`: what waits can be called off, or moved."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.errors import HardyError
from hardy.ledger.cancellation import cancel, reschedule
from hardy.management.arguments import seconds
from hardy.management.verb import Verb
from hardy.management.whereabouts import whereabouts

NOT_WAITING = "{id}: no job with this id waits. {where}."


class NotWaiting(HardyError):
    """A job was named that does not wait."""


class Cancel(Verb):
    """Cancel jobs that wait; it survives any restart."""

    name = "cancel"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", metavar="task-id")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        cancelled = [job for job in options["ids"] if cancel([job], why="The task was cancelled by hand.")]
        missed = [job for job in options["ids"] if job not in cancelled]
        if options["json"]:
            out.write(json.dumps({"cancelled": cancelled, "not_waiting": missed}))
        else:
            out.write(f"Cancelled {len(cancelled)} of {len(options['ids'])} jobs.")
        if missed:
            raise NotWaiting("\n".join(map(not_waiting, missed)))


class Reschedule(Verb):
    """Move a job that waits to another time."""

    name = "reschedule"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="task-id")
        when = "how long from now, such as 90s, 30m, 2h or 1d; 0s lets it start at once"
        parser.add_argument("--in", dest="delay", required=True, metavar="TIME", type=seconds, help=when)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        if not reschedule(options["id"], options["delay"]):
            raise NotWaiting(not_waiting(options["id"]))
        if options["json"]:
            out.write(json.dumps({"rescheduled": options["id"], "seconds": options["delay"]}))
        else:
            out.write(f"{options['id']} starts in {options['delay']:g} seconds.")


def not_waiting(id: str) -> str:
    """Return the sentence that says what became of a job that does not wait."""
    return NOT_WAITING.format(id=id, where=whereabouts(id).rstrip("."))
