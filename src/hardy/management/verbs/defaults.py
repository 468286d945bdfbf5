"""`manage.py hardy defaults`: what installing hardy changes in a project's Celery settings."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, TextIO

import celery

from hardy.defaults import changes
from hardy.management.table import table
from hardy.management.verb import Verb


class Defaults(Verb):
    """List the Celery settings that hardy changes here: what your project does not set itself, and why."""

    name = "defaults"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON list instead of the table")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        changed = changes(celery.current_app.conf)
        if options["json"]:
            out.write(json.dumps([asdict(change) for change in changed], indent=2, default=str) + "\n")
            return
        rows = [(change.setting, str(change.celery), str(change.hardy), change.reason) for change in changed]
        out.write(table(("setting", "celery's", "in force", "why"), rows) if rows else NOTHING)
        out.write("\n")


NOTHING = "Your project sets everything that hardy would set."
