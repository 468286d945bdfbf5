"""`manage.py hardy up`: everything a developer needs, in one terminal."""

from __future__ import annotations

import os
import shlex
import time
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any, TextIO

import celery
from celery.app.utils import find_app
from django.core.management import call_command
from django.db import connections

from hardy.conf import settings
from hardy.errors import BadSetting
from hardy.management.arguments import count, port
from hardy.management.verb import Verb
from hardy.supervisor import project
from hardy.supervisor.changes import Changes
from hardy.supervisor.output import Output, wants_colour
from hardy.supervisor.ports import require_free
from hardy.supervisor.processes import Process, chosen, listening_on, planned
from hardy.supervisor.supervisor import Supervisor
from hardy.supervisor.terminal import Keyboard, foreground

NO_APPLICATION = (
    "--app {name}: no Celery application is there ({why}). Nothing was started. Name the module as for `celery -A`,"
    " or leave --app out and it is looked for."
)


class Up(Verb):
    """Run web, worker, beat and what HARDY["UP"] adds, in one terminal; Ctrl-C stops all of it."""

    name = "up"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=port, help="port of the web server (8000, or what HARDY['UP'] says)"
        )
        parser.add_argument(
            "--app", help="Celery application, as in `celery -A` (found from the project's settings)"
        )
        parser.add_argument("--concurrency", type=count, help="child processes of the worker (one per core)")
        parser.add_argument(
            "--only", type=names, default=[], metavar="NAMES", help="start only these, e.g. web,worker"
        )
        parser.add_argument(
            "--except", type=names, default=[], metavar="NAMES", dest="without", help="leave these out"
        )
        parser.add_argument(
            "--reload", action=BooleanOptionalAction, default=True, help="restart on changed code"
        )
        parser.add_argument(
            "--prepare",
            action=BooleanOptionalAction,
            default=True,
            help="run the commands of HARDY['UP_PREPARE'] first",
        )

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        started_at = time.monotonic()
        app = options["app"] or project.celery_app()
        if options["app"]:
            require_application(app)  # before anything is prepared
        processes = self._processes(app, options)
        require_free(processes)
        if options["prepare"]:
            prepare()
        changes = Changes(project.source_folders(app)) if options["reload"] else None
        output = Output(out, (process.name for process in processes), coloured=coloured(out, options))
        with foreground():
            Supervisor(
                processes,
                environment(app),
                output,
                changes=changes,
                started_at=started_at,
                keyboard=Keyboard.of_a_person(),
            ).run()

    def _processes(self, app: str, options: dict[str, Any]) -> list[Process]:
        processes = planned(settings.UP, celery_app=app, concurrency=options["concurrency"])
        return listening_on(chosen(processes, options["only"], options["without"]), options["port"])


def require_application(name: str) -> None:
    """Refuse a name under which `celery -A` finds no application."""
    try:
        found = find_app(name)
    except Exception as error:  # the project's own code is imported, and raises what it likes
        raise BadSetting(NO_APPLICATION.format(name=name, why=f"{type(error).__name__}: {error}")) from error
    if not isinstance(found, celery.Celery):
        raise BadSetting(NO_APPLICATION.format(name=name, why=f"it is a {type(found).__name__}"))


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def prepare() -> None:
    """Run the project's preparations here: one process, not one more for each."""
    for line in settings.UP_PREPARE:
        name, *arguments = shlex.split(line)
        call_command(name, *arguments)
    connections.close_all()


def environment(app: str) -> dict[str, str]:
    """What the children find: the project importable from any folder, and their lines as they are written."""
    found = os.environ.get("PYTHONPATH")
    path = os.pathsep.join(filter(None, (str(project.folder(app)), found)))
    # Django's server need not say at each start what it is not for: it is started for a developer.
    quiet = {"DJANGO_RUNSERVER_HIDE_WARNING": "true"}
    return {**quiet, **os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def coloured(out: TextIO, options: dict[str, Any]) -> bool:
    return bool(options.get("force_color")) or (wants_colour(out) and not options.get("no_color"))
