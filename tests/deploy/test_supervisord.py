"""supervisord starts the whole shop as production would, from the files in deploy/."""

from __future__ import annotations

import configparser
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.queues import CELERY_TASK_QUEUES
from tests.deploy.environment import production
from tests.sandbox.process import sandbox_process
from tests.waiting import is_running, until

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATION = REPOSITORY / "deploy" / "supervisord.conf"
SUPERVISORD = Path(sys.executable).with_name("supervisord")
SUPERVISORCTL = Path(sys.executable).with_name("supervisorctl")

ADA = {"email": "ada@example.com", "password": "strongpass123"}


@pytest.fixture
def home():
    """A folder as on a server; its path is short, for a socket's name may have 107 letters."""
    with tempfile.TemporaryDirectory(prefix="shop-") as name:
        home = Path(name)
        (home / "shop").symlink_to(REPOSITORY / "shop")
        (home / ".venv").symlink_to(sys.prefix)
        (home / "data").mkdir()
        yield home


class Shop:
    """A shop that supervisord runs."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home, self.environment = home, environment
        self.address = f"http://127.0.0.1:{environment['PORT']}"

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.home / "shop",
            env=self.environment,
            check=True,
        )

    def health(self) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{self.address}/api/health/", timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError):
            return None

    def processes(self) -> dict[str, int]:
        """The process number of every program that runs."""
        command = [str(SUPERVISORCTL), "-c", str(CONFIGURATION), "status"]
        said = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        ).stdout
        words = [line.replace(",", "").split() for line in said.splitlines() if " RUNNING " in line]
        return {word[0]: int(word[3]) for word in words}

    def register(self, person: dict[str, str]) -> int:
        # As the proxy in front would say it; production answers to nothing but HTTPS.
        headers = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
        request = urllib.request.Request(f"{self.address}/api/users/", json.dumps(person).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status

    @contextmanager
    def supervised(self) -> Iterator[None]:
        log = self.home / "supervisord.log"
        command = [str(SUPERVISORD), "-n", "-c", str(CONFIGURATION)]
        with (
            log.open("wb") as out,
            subprocess.Popen(command, env=self.environment, stdout=out, stderr=out, cwd=self.home) as process,
        ):
            try:
                until(
                    lambda: (self.health() or {}).get("workers", {}).get("count", 0) >= 4,
                    seconds=90,
                    otherwise=log.read_text,
                )
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(90)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise


def test_supervisord_starts_the_whole_shop_and_starts_again_what_dies(home, free_port):
    with sandbox_process() as sandbox:
        environment = production(home, sandbox, port=free_port())
        shop = Shop(home, {**os.environ, **environment})
        shop.manage("migrate", "--verbosity", "0")
        with shop.supervised():
            running = shop.processes()
            assert set(running) == {"web", "beat", *(f"worker-{queue.name}" for queue in CELERY_TASK_QUEUES)}

            os.kill(running["worker-high_priority"], signal.SIGKILL)
            assert shop.register(ADA) == 201
            mail = sandbox.wait_for_mail_to(ADA["email"], within_seconds=60)

            assert mail["subject"] == "Welcome to the Hardy Shop"
            assert shop.processes()["worker-high_priority"] != running["worker-high_priority"]
        until(lambda: not any(map(is_running, running.values())))


def test_every_program_is_started_again_and_killed_with_its_children_at_last():
    parser = configparser.RawConfigParser()
    parser.read(CONFIGURATION)

    for section in (name for name in parser.sections() if name.startswith("program:")):
        assert parser[section]["autorestart"] == "true", section
        if "beat" not in section:
            assert parser[section]["killasgroup"] == "true", section
