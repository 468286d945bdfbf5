"""`manage.py hardy chaos`: for staging. Kills workers while numbered tasks run, and says what became of them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, TextIO

from celery import current_app
from django.conf import settings as django_settings

from hardy.errors import HardyError
from hardy.management.arguments import count, some_seconds, whole_number
from hardy.management.table import table
from hardy.management.verb import Verb
from hardy.testing.chaos.experiment import Experiment, Report
from hardy.testing.chaos.workers import workers_here

#: The module that the workers must import: in most projects nobody wants its task among their own.
TASKS = "hardy.testing.chaos.tasks"

REFUSED = (
    "DEBUG is off, so this may be production, and chaos kills its workers."
    " If it is staging, say so twice: --yes --really"
)
NOBODY = (
    "No worker of this host is alive to be killed. Start some under something that restarts them"
    " (hardy up, systemd, supervisord), or pass --kills 0."
)
UNKNOWN = (
    "The workers do not know the task that is sent. Where chaos is wanted, and there alone, let them import it,"
    f' and restart them: CELERY_IMPORTS = ["{TASKS}"]'
)
UNSOUND = "{lost} tasks were lost and {doubled} took effect twice. Please report it with the workers' logs."


class Chaos(Verb):
    """Send numbered tasks, kill workers of this host at random, and report lost, doubled and late."""

    name = "chaos"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tasks", type=count, default=1000, help="how many tasks are sent (1000)")
        parser.add_argument("--kills", type=whole_number, default=10, help="how many workers are killed (10)")
        parser.add_argument(
            "--seconds", type=some_seconds, default=300, help="what is not done after this time is late (300)"
        )
        parser.add_argument("--yes", action="store_true", help="needed where DEBUG is off, with --really")
        parser.add_argument("--really", action="store_true", help="needed where DEBUG is off, with --yes")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        if not django_settings.DEBUG and not (options["yes"] and options["really"]):
            raise HardyError(REFUSED)
        if TASKS not in {*current_app.conf.imports, *current_app.conf.include}:
            raise HardyError(UNKNOWN)
        if options["kills"] and not workers_here():
            raise HardyError(NOBODY)
        tell = (lambda line: None) if options["json"] else out.write
        report = Experiment(options["tasks"], options["kills"], options["seconds"], tell).run()
        out.write(json.dumps(asdict(report), indent=2) if options["json"] else readable(report))
        if not report.is_sound:
            raise HardyError(UNSOUND.format(lost=report.lost, doubled=report.doubled))


def readable(report: Report) -> str:
    values = asdict(report)
    late = (
        f"\n{report.late} are still in the ledger and will run; --seconds gives them longer."
        if report.late
        else ""
    )
    return f"\n{table(list(values), [list(values.values())])}\n{late}"
