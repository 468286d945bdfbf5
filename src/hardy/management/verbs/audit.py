"""`manage.py hardy audit`: who did what."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.dead_letters.audit import ACTIONS, AuditFilter, Line
from hardy.management.arguments import count
from hardy.management.table import moment, table, zoned
from hardy.management.verb import Verb

#: Lines shown without --limit.
SHOWN = 50


class Audit(Verb):
    """Show who paused, cancelled, moved, retried or purged what, newest first: `hardy audit --by ada`."""

    name = "audit"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", default="", help="by whom; a part of the name will do")
        parser.add_argument(
            "--action", default="", choices=sorted(ACTIONS), metavar="ACTION", help="what was done"
        )
        parser.add_argument("--id", dest="job", default="", metavar="TASK-ID", help="to the job with this id")
        parser.add_argument("--limit", type=count, default=SHOWN, help=f"at most this many ({SHOWN})")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        wanted = AuditFilter(by=options["by"], action=options["action"], job=options["job"])
        lines = wanted.lines(options["limit"])
        if options["json"]:
            out.write(json.dumps([line.as_json() for line in lines], indent=2))
        elif lines:
            headings = (zoned("at"), "by", "via", "did", "to", "jobs", "how", "note")
            out.write(table(headings, [_row(line) for line in lines]))
        else:
            out.write("Nobody has done anything that matches.")


def _row(line: Line) -> tuple[object, ...]:
    said = line.by or "–", line.via or "–", line.words, line.target or "–"
    return moment(line.at), *said, line.count, line.detail or "–", " ".join(line.note.split())[:80] or "–"
