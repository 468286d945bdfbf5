"""`manage.py hardy handover`: what waits in the ledger goes to a broker as plain Celery messages."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

import celery

from hardy.broker import export
from hardy.errors import HardyError
from hardy.ledger.delivery import is_embedded
from hardy.management.table import table
from hardy.management.verb import Verb

AT_WORK = (
    "{names}: alive. Stop the workers first; what they run ends, and what they have not begun goes back."
)
NO_BROKER = "The ledger itself is the broker here. Name the one that takes over: --to redis://…"

STAYS = (
    "These jobs stay in the ledger, for no message can be made of them:\n{jobs}\n"
    "A worker of hardy's makes dead letters of them; or look at each in the admin, and cancel it: hardy cancel"
)


class Kept(HardyError):
    """Some jobs could not be handed over."""


class Handover(Verb):
    """Send all that waits in the ledger to a broker, as plain Celery messages: the last step before leaving."""

    name = "handover"

    def add_arguments(self, parser: ArgumentParser) -> None:
        own = "the broker's URL (the project's own broker)"
        parser.add_argument("--to", metavar="URL", default=None, help=own)
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and do nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        queues, alive = export.waiting(), export.workers()
        if options["dry_run"]:
            answers = self._try_the_broker(options)
            said = {"dry_run": True, "queues": queues, "workers": alive, "broker_answers": answers}
            self._tell(said, options, out)
            return
        if alive:
            raise export.NotNow(AT_WORK.format(names=", ".join(alive)))
        if options["to"] is None and is_embedded():
            raise export.NotNow(NO_BROKER)
        done = export.export_jobs(celery.current_app, options["to"])
        self._tell({"sent": done.sent, "kept": done.kept, "queues": queues}, options, out)
        if done.kept:
            raise Kept(STAYS.format(jobs="\n".join(f"  {job}: {why}" for job, why in done.kept.items())))

    def _try_the_broker(self, options: dict[str, Any]) -> bool | None:
        """Connect, and raise what a handover would; None if none is named that could be tried."""
        if options["to"] is None and is_embedded():
            return None
        export.require_a_broker(celery.current_app, options["to"])
        return True

    def _tell(self, said: dict[str, Any], options: dict[str, Any], out: TextIO) -> None:
        if options["json"]:
            out.write(json.dumps(said, indent=2))
            return
        if said["queues"]:
            out.write(table(list(said["queues"][0]), [list(row.values()) for row in said["queues"]]))
        if "dry_run" in said:
            out.write(f"{'The broker answers.' if said['broker_answers'] else NO_BROKER} Nothing was done.")
        else:
            out.write(f"Sent {said['sent']} jobs to the broker.")
