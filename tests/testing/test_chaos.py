"""`manage.py hardy chaos`: kills real workers, and says what became of the tasks."""

from __future__ import annotations

import json
import socket
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hardy.management.verbs.chaos import readable
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


@pytest.mark.django_db
def test_with_no_worker_here_it_says_what_to_do(settings: Any) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match="hardy up"):
        chaos("--tasks", "1")


def test_workers_are_killed_and_nothing_is_lost_or_doubled(open_depot: Any) -> None:
    with open_depot("sqlite", DEPOT_HARDY=hardy(**HASTY)) as depot:
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
