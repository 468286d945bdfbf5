"""The whole shop as processes of its own: web, workers and vendors, on a database in a file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.process import Sandbox
from tests.waiting import until

SHOP = Path(__file__).resolve().parent.parent.parent / "shop"

IMPORTS = """
import json
from apps.orders.models import Order
from apps.reports.models import Report
from apps.users.models import User
"""


@dataclass(frozen=True)
class Shop:
    """A shop whose processes can be started, asked and killed."""

    folder: Path
    sandbox: Sandbox
    port: int

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "PYTHONPATH": str(SHOP),
            "SHOP_DATA": str(self.folder),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox.http_port),
            "SMTP_PORT": str(self.sandbox.smtp_port),
        }

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        command = [sys.executable, str(SHOP / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, code: str) -> Any:
        """What a piece of Python puts into `answer`, inside the shop."""
        script = f"{IMPORTS}\n{code}\nprint(json.dumps(answer, default=str))"
        return json.loads(self.manage("shell", "--verbosity", "0", "-c", script).splitlines()[-1])

    def post(self, path: str, body: Any) -> int:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            return response.status

    @contextmanager
    def web(self) -> Iterator[None]:
        command = [
            sys.executable,
            str(SHOP / "manage.py"),
            "runserver",
            f"127.0.0.1:{self.port}",
            "--noreload",
        ]
        with self._process("web", command):
            until(self._serves, otherwise=lambda: self.log("web"))
            yield

    @contextmanager
    def worker(self, name: str = "worker") -> Iterator[subprocess.Popen[bytes]]:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            "--loglevel=info",
            "-n",
            f"{name}@%h",
        ]
        with self._process(name, [*command, "--concurrency=2"]) as process:
            until(lambda: "ready." in self.log(name), otherwise=lambda: self.log(name))
            yield process

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    @contextmanager
    def _process(self, name: str, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """A process in a group of its own, which is gone with all its children at the end."""
        with (
            (self.folder / f"{name}.log").open("wb") as log,
            subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            ) as process,
        ):
            try:
                yield process
            finally:
                kill_group(process)

    def _serves(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/health/", timeout=5):
                return True
        except OSError:
            return False


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """kill -9 for the process and all its children, as when the machine loses power."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
