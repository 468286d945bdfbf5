"""`manage.py hardy check-worker`: the probe's answer, from a shell of the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from hardy.telemetry.vitals import HealthFile, node
from hardy.worker import pulse
from tests.waiting import until


@pytest.fixture
def written(tmp_path: Path, settings: Any) -> Path:
    """The file of a worker that is ready: this process."""
    settings.HARDY = {"HEALTH_FILE": str(tmp_path / "{name}.json")}
    pulse.pulse.__init__()  # type: ignore[misc]  # a test before may have had a heart that beat
    file = HealthFile(settings.HARDY["HEALTH_FILE"], "worker")
    pulse.pulse.has_started = pulse.pulse.is_connected = True
    file.start()
    until(file.path.exists)
    yield file.path
    file.stop()
    pulse.pulse.__init__()  # type: ignore[misc]


def test_a_worker_that_is_well_is_ok(written, capsys):
    call_command("hardy", "check-worker", "startup", "--name", node())

    assert capsys.readouterr().out == "ok\n"


def test_one_that_is_not_ready_says_why(written):
    with pytest.raises(CommandError, match="No heartbeat has reached the ledger yet"):
        call_command("hardy", "check-worker", "ready", "--name", node())


def test_a_script_reads_json_and_the_exit_code(written, capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command("hardy", "check-worker", "ready", "--file", str(written), "--json")

    said = json.loads(capsys.readouterr().out)
    assert said == {"ready": False, "problems": ["No heartbeat has reached the ledger yet."]}


def test_a_file_of_one_of_several_wants_a_name(written):
    with pytest.raises(CommandError, match="--name"):
        call_command("hardy", "check-worker")


def test_without_a_file_the_setting_is_named(settings):
    settings.HARDY = {}
    with pytest.raises(CommandError, match="HEALTH_FILE"):
        call_command("hardy", "check-worker")
