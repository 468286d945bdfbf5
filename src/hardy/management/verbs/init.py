"""`python -m hardy init`, and `manage.py hardy init`: a project is put on hardy, as a diff first."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from hardy.management.init import record
from hardy.management.init.plan import Change, plan_for
from hardy.management.init.project import project_in
from hardy.management.verb import Verb

DONE = "Nothing is to be changed: this project is on hardy."
SHOWN = "Nothing is written yet: --yes writes it, and --undo takes it back."
WRITTEN = (
    "Written. Next: python manage.py migrate hardy ({record} is for --undo; delete it once you are content.)"
)
UNDONE = "Taken back. If tasks were sent meanwhile, docs/leaving.md says how to get out what waits."


class Init(Verb):
    """Show what would put this project on hardy, as a diff; --yes writes it, --undo takes it back."""

    name = "init"

    def add_arguments(self, parser: ArgumentParser) -> None:
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--yes", action="store_true", help="write what is shown")
        act.add_argument("--undo", action="store_true", help="take back what was written")
        parser.add_argument(
            "--without-broker",
            action="store_true",
            help="put hardy:// in the place of the broker that the settings name",
        )
        parser.add_argument(
            "--results",
            action="store_true",
            help="keep results in the database (needs django-celery-results)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the diff")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        root = project_folder()
        if options["undo"]:
            _tell(record.undo(root), [], UNDONE, options, out)
            return
        project = project_in(root, options.get("settings"))
        plan = plan_for(project, without_broker=options["without_broker"], results=options["results"])
        if plan.changes and options["yes"]:
            record.write(root, plan)
        last = (WRITTEN.format(record=record.NAME) if options["yes"] else SHOWN) if plan.changes else DONE
        _tell(plan.changes, plan.notes, last, options, out)


def project_folder() -> Path:
    """Where manage.py lies: the one that was started, or that of the current folder."""
    started = Path(sys.argv[0])
    return started.resolve().parent if started.name == "manage.py" else Path.cwd()


def _tell(changes: list[Change], notes: list[str], last: str, options: dict[str, Any], out: TextIO) -> None:
    if options["json"]:
        said = {
            "changes": [{"file": change.name, "diff": change.diff} for change in changes],
            "notes": notes,
            "written": bool(changes) and (options["yes"] or options["undo"]),
        }
        out.write(json.dumps(said, indent=2) + "\n")
        return
    diff = "".join(change.diff for change in changes)
    out.write("\n".join([*([diff] if diff else []), *notes, last]) + "\n")
