"""`hardy-probe`: what it answers, and that it needs neither hardy nor Django to do so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hardy.telemetry import probe

NOW = 1000.0


def said(**changes: Any) -> dict[str, Any]:
    """The vital signs of a worker that is well."""
    return {
        "name": "celery@here", "kind": "worker", "pid": os.getpid(), "written": NOW - 1, "beat": NOW - 1,
        "tried": NOW - 1,
        "turned": NOW - 1, "connected": True, "started": True, "stopping": False, "timeout": 10.0, "patience": 120.0,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize("question", probe.QUESTIONS)
def test_a_worker_that_is_well_answers_every_question(question):
    assert probe.problems(question, said(), NOW) == []


@pytest.mark.parametrize("name", ["written", "tried", "turned"])
def test_a_worker_that_is_stuck_is_not_alive(name):
    [problem] = probe.problems("live", said(**{name: NOW - 130}), NOW)

    assert problem.endswith("for 130 s.")
    assert problem in probe.problems("ready", said(**{name: NOW - 130}), NOW)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"beat": NOW - 60}, "No heartbeat has reached the ledger for 60 s."),
        ({"beat": None}, "No heartbeat has reached the ledger yet."),
        ({"connected": False, "turned": None}, "It is not connected to the broker."),
        ({"stopping": True, "connected": False}, "It has been told to stop."),
        ({"started": False, "connected": False}, "It has not been ready yet."),
    ],
)
def test_what_a_restart_does_not_mend_is_no_reason_to_kill_a_worker(changes, why):
    assert probe.problems("ready", said(**changes), NOW) == [why]
    assert probe.problems("live", said(**changes), NOW) == []


def test_a_file_from_before_the_machine_started_is_old():
    assert probe.problems("live", said(written=NOW + 5000), NOW) != []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    now = time.monotonic()
    path = tmp_path / "health.json"
    path.write_text(json.dumps(said(written=now, beat=now, tried=now, turned=now)))
    return path


def test_the_command_says_ok(file, capsys):
    assert probe.main(["--ready", str(file)]) == 0
    assert capsys.readouterr().out == "ok\n"


def test_a_worker_that_is_gone_is_not_alive(file, capsys):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    file.write_text(json.dumps({**json.loads(file.read_text()), "pid": child.pid}))

    assert probe.main([str(file)]) == 1
    assert f"Process {child.pid}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"pid": 1e999}', '{"pid": "x"}', '{"pid": 1, "written": []}']
)
def test_a_file_that_cannot_be_read_is_a_no_and_no_traceback(tmp_path, capsys, text):
    (tmp_path / "odd").write_text(text)

    assert probe.main([str(tmp_path / "odd")]) == 1
    assert "cannot be read" in capsys.readouterr().out


def test_a_file_that_is_not_there_names_the_setting(tmp_path, capsys):
    assert probe.main([str(tmp_path / "none")]) == 1
    assert "HARDY['HEALTH_FILE']" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--alive", "a"], ["--live", "--ready", "a"], ["--help"]])
def test_words_that_are_none_get_the_usage(words, capsys):
    assert probe.main(words) == 2
    assert "usage: hardy-probe" in capsys.readouterr().err


def test_the_script_needs_the_standard_library_alone(file):
    code = f"import runpy, sys; sys.argv[1:] = [{str(file)!r}]; runpy.run_path({probe.__file__!r}, run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-X", "importtime", "-c", code]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "ok\n")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported <= sys.stdlib_module_names | {"imported package", ""}


def test_the_wheel_installs_it_as_a_script(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    [script] = [name for name in names if name.endswith(".data/scripts/hardy-probe")]

    assert zipfile.ZipFile(wheel).read(script).startswith(b"#!python")
