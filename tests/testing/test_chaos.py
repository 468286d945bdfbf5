"""`manage.py hardy chaos`: kills real workers, and says what became of the tasks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import celery
import pytest
from django.core.management import CommandError, call_command

from hardy.management.verbs.chaos import TASKS, readable
from hardy.testing.chaos.experiment import Report
from tests.acceptance.depot import HASTY, Depot, hardy

SURE = ("--yes", "--really")


def chaos(*arguments: str) -> str:
    out = StringIO()
    call_command("hardy", "chaos", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("said", [(), ("--yes",), ("--really",)])
def test_where_debug_is_off_it_refuses_until_told_twice(said: tuple[str, ...], settings: Any) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--yes --really"):
        chaos(*said)


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's workers import the task."""
    monkeypatch.setitem(celery.current_app.conf, "imports", [TASKS])


def test_where_the_workers_do_not_know_the_task_it_says_what_to_do(settings: Any) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match=r'CELERY_IMPORTS = \["hardy\.testing\.chaos\.tasks"\]'):
        chaos("--tasks", "1")


def test_a_worker_knows_the_task_only_where_it_is_wanted() -> None:
    """In a process of its own, as the worker's list of tasks is made there."""
    code = (
        "import django; django.setup(); from config.celery import app; app.loader.import_default_modules();"
        " app.finalize(auto=True); print([name for name in app.tasks if 'hardy' in name])"
    )
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root / "src"), str(root / "shop")])
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONPATH": path}

    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert told.stdout.strip() == "[]"


@pytest.mark.django_db
@pytest.mark.usefixtures("wanted")
def test_with_no_worker_here_it_says_what_to_do(settings: Any) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match="hardy up"):
        chaos("--tasks", "1")


def test_workers_are_killed_and_nothing_is_lost_or_doubled(open_depot: Any) -> None:
    settings = json.dumps({"CELERY_IMPORTS": [TASKS]})
    with open_depot("sqlite", DEPOT_HARDY=hardy(**HASTY), DEPOT_SETTINGS=settings) as depot:
        for name in ("one", "two"):
            start(depot, name)

        command = depot.process(
            "chaos", "django", "hardy", "chaos", "--tasks=60", "--kills=1", "--seconds=60", "--json", *SURE
        )

        assert command.exit_code(seconds=90) == 0, command.log
        report = json.loads(command.log[command.log.index("{") :])
        assert (report["enqueued"], report["ended"], report["kills"]) == (60, 60, 1)
        assert report["lost"] == report["doubled"] == report["late"] == report["dead"] == 0
        assert sum(worker.has_ended for worker in depot.processes if worker.name in ("one", "two")) == 1


def test_what_is_late_is_said_to_run_later() -> None:
    report = Report(5, ended=3, lost=0, doubled=0, late=2, dead=0, interrupted=1, kills=1, seconds=9.0)

    said = readable(report)

    assert "2 are still in the ledger" in said
    assert report.is_sound


def start(depot: Depot, name: str) -> None:
    """A worker whose node has this host's name, as it has unless one says otherwise."""
    depot.worker(f"--hostname={name}@{socket.gethostname()}", name=name)
