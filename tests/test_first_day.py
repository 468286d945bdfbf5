"""The README's way into a project, walked with the wheel in a fresh project until a task has run."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.waiting import until

README = Path(__file__).parents[1] / "README.md"
#: The file that Celery's own guide to Django shows, before hardy, and a task in it.
CELERY_PY = """\
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""
TASK = """

@app.task
def add(one, other):
    return one + other
"""


def section() -> str:
    return README.read_text().split("## Put it into your project\n", 1)[1].split("\n## ", 1)[0]


def commands() -> list[list[str]]:
    """The lines of the section that a person types, without what they say about themselves."""
    [block] = [block for block in re.findall(r"```\n(.*?)```", section(), re.DOTALL) if "manage.py" in block]
    return [shlex.split(line, comments=True) for line in block.splitlines()]


def written_by_hand() -> dict[str, str]:
    """The section's pieces of files, by the file."""
    return dict(re.findall(r"```python\n# ([\w/.]+)\n(.*?)```", section(), re.DOTALL))


class Walk:
    """A fresh project, and a person who types into a terminal."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV")
        }
        self.types("python", "-m", "django", "startproject", "config", ".")

    def command(self, *words: str) -> list[str]:
        return [str(self.python), *(words[1:] if words[0] == "python" else ("-m", *words))]

    def types(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[Callable[[], str]]:
        log = self.folder / "worker.log"
        with log.open("w") as file:
            process = subprocess.Popen(
                self.command(*words), cwd=self.folder, env=self.environment, stdout=file, stderr=file
            )
        try:
            yield log.read_text
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def outcomes(self) -> list[str]:
        with closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=30)) as database:
            return [outcome for (outcome,) in database.execute("SELECT outcome FROM hardy_run")]


@pytest.fixture
def walk(tmp_path: Path, installed: Path) -> Walk:
    return Walk(tmp_path, installed)


def test_the_way_that_is_walked_is_the_readmes():
    assert commands() == [
        ["python", "-m", "hardy", "init"],
        ["python", "-m", "hardy", "init", "--yes"],
        ["python", "manage.py", "migrate"],
        ["celery", "-A", "config", "worker"],
    ]
    assert list(written_by_hand()) == ["config/celery.py", "settings.py"]


def test_init_leads_to_a_finished_task(walk):
    _, init, migrate, worker = commands()
    walk.types(*init)
    walk.types(*migrate)

    finish_a_task(walk, worker)


def test_so_does_what_is_written_by_hand(walk):
    pieces = written_by_hand()
    _, _, migrate, worker = commands()
    new = pieces["config/celery.py"].partition("#")[0].strip()
    (walk.folder / "config/celery.py").write_text(CELERY_PY.replace("from celery import Celery", new))
    (walk.folder / "config/__init__.py").write_text("from .celery import app as celery_app\n")
    with (walk.folder / "config/settings.py").open("a") as settings:
        settings.write(pieces["settings.py"])
    walk.types(*migrate)

    finish_a_task(walk, worker)
    assert walk.types("python", "-m", "hardy", "init").startswith("No result backend is set")


def finish_a_task(walk: Walk, worker: list[str]) -> None:
    with (walk.folder / "config/celery.py").open("a") as file:
        file.write(TASK)
    walk.types("python", "manage.py", "shell", "-c", "from config.celery import add; add.delay(2, 2)")
    with walk.running(*worker, "--concurrency", "1") as log:
        until(walk.outcomes, seconds=90, otherwise=log)

    [run] = json.loads(walk.types("python", "manage.py", "hardy", "runs", "--json", "--full"))["runs"]
    assert (run["task"], run["outcome"], run["result"]) == ("config.celery.add", "succeeded", "4")
    where = walk.types("python", "-c", "import hardy; print(hardy.__file__)")
    assert Path(where.strip()).is_relative_to(walk.python.parents[1])
    assert "hardy.testing" not in log()
