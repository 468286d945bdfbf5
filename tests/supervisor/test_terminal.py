"""`hardy up` at a terminal, behind `make`."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import until

SLEEPER = [sys.executable, "-c", "print('asleep', flush=True); import time; time.sleep(600)"]


class Terminal:
    """A command with a terminal of its own, and everything that appeared on it."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.shown = ""
        self._keyboard, its_end = pty.openpty()
        os.set_blocking(self._keyboard, False)
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            start_new_session=True,
            # Only a session's leader can take the terminal it was given for its own.
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        )
        os.close(its_end)

    def look(self) -> str:
        with suppress(OSError):  # nothing new, or the other end is closed
            self.shown += os.read(self._keyboard, 65536).decode()
        return self.shown

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.look(), otherwise=lambda: f"no {text!r} in:\n{self.shown}")

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def exit_code(self) -> int:
        until(lambda: self.look() and self.process.poll() is not None, otherwise=lambda: self.shown)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._keyboard)


@pytest.fixture
def make_run(project: Path) -> Iterator[Terminal]:
    """`make run` in a project, at a terminal."""
    (project / "Makefile").write_text(f"run:\n\t@exec {sys.executable} manage.py hardy up\n")
    settings = project / "pages" / "settings.py"
    entry = {
        "web": None,
        "worker": None,
        "beat": None,
        "one": {"command": SLEEPER, "addresses": {"One": "http://here/"}},
    }
    settings.write_text(settings.read_text() + f'\nHARDY = {{"UP": {entry!r}}}\n')
    environment = {**os.environ, "TERM": "xterm"}
    for name in ("DJANGO_SETTINGS_MODULE", "NO_COLOR", "MAKEFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    terminal = Terminal([shutil.which("make") or "make", "run"], project, environment)
    yield terminal
    terminal.close()


def test_one_ctrl_c_ends_make_run_with_exit_code_0(make_run):
    make_run.wait_for("asleep")

    make_run.press(b"\x03")

    assert make_run.exit_code() == 0
    assert "Stopped." in make_run.shown
    assert "***" not in make_run.shown


def test_ctrl_z_does_not_hang_the_terminal(make_run):
    make_run.wait_for("asleep")

    make_run.press(b"\x1a")
    make_run.press(b"\x03")

    assert make_run.exit_code() == 0


def test_enter_shows_the_addresses_again(make_run):
    make_run.wait_for("Enter shows this again, Ctrl-C stops everything.")
    before = make_run.shown.count("http://here/")

    make_run.press(b"\n")

    until(
        lambda: (
            make_run.look().count("http://here/") == before + 1 and make_run.shown.endswith("everything.\r\n")
        ),
        otherwise=lambda: make_run.shown,
    )


def test_a_person_at_a_terminal_sees_colours(make_run):
    make_run.wait_for("\x1b[36mone   │ \x1b[0masleep")
