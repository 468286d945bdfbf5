"""`manage.py hardy check-worker`: is the worker of this machine alive, ready, started?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.conf import settings
from hardy.errors import HardyError
from hardy.management.verb import Verb
from hardy.telemetry.probe import QUESTIONS, answer


class NotWell(HardyError):
    """The worker is not what was asked for."""


class CheckWorker(Verb):
    """Say whether a worker on this machine lives, by its health file; `hardy-probe FILE` does so in 20 ms."""

    name = "check-worker"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "question", nargs="?", choices=QUESTIONS, default="live", help="what to ask (live)"
        )
        parser.add_argument("--file", help="its file, if it is not HARDY['HEALTH_FILE']")
        parser.add_argument(
            "--name", help="the worker's node name, as in celery@host, if the file's name has it"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        found = answer(options["question"], _path(options))
        if options["json"]:
            out.write(json.dumps({options["question"]: not found, "problems": found}) + "\n")
            if found:
                raise SystemExit(1)
        elif found:
            raise NotWell(" ".join(found))
        else:
            out.write("ok\n")


def _path(options: dict[str, Any]) -> str:
    path: str | None = options["file"] or settings.HEALTH_FILE
    if path is None:
        raise HardyError(
            "No worker says how it is: set HARDY['HEALTH_FILE'], or ask its port (HARDY['HEALTH_PORT'])."
        )
    if "{name}" not in path:
        return path
    if not options["name"]:
        raise HardyError(f"{path} is of one worker of several: say which with --name celery@host.")
    return path.replace("{name}", options["name"])
