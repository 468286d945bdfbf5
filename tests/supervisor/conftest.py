"""`manage.py hardy up` as a real process in a project of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until

STRANGER = Path(__file__).with_name("stranger")

#: A process that writes down its own number, says so, and goes on until it is told to end.
LIVELY = """
import os, pathlib, signal, sys, time
name = sys.argv[1]
pathlib.Path(name + ".pid").write_text(str(os.getpid()))
print(name, "runs", flush=True)
while True:
    time.sleep(60)
"""


class Up:
    """One `hardy up`: what it has printed, its exit code, the processes it started."""

    def __init__(
        self, folder: Path, arguments: tuple[str, ...], environment: dict[str, str], leave_after: str | None
    ) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "hardy", "up", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self._reader = threading.Thread(target=self._read, args=(leave_after,), daemon=True)
        self._reader.start()

    def _read(self, last: str | None) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))
                if last is not None and last in line:
                    return

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, text: str, *, times: int = 1) -> None:
        until(lambda: self.text.count(text) >= times, otherwise=lambda: f"no {text!r} in:\n{self.text}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        code = self.process.wait(30)
        self._reader.join(10)
        return code

    def pid_of(self, name: str) -> int:
        """The number of a `lively` process, once it runs."""
        file = self.folder / f"{name}.pid"
        return int(
            until(lambda: file.exists() and file.read_text(), otherwise=lambda: f"no {name} in:\n{self.text}")
        )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(STRANGER, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def up(project: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start(*arguments: str, leave_after: str | None = None, **hardy: Any) -> Up:
        environment = {**os.environ, "PAGES_HARDY": json.dumps(hardy), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        started.append(Up(project, arguments, environment, leave_after))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.signal(signal.SIGTERM)
            one.process.wait(30)


@pytest.fixture
def lively() -> Callable[[str], list[str]]:
    """The command of a process that stays alive and writes its number to ``<name>.pid``."""
    return lambda name: [sys.executable, "-c", LIVELY, name]
