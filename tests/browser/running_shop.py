"""The whole shop as a visitor meets it: web, worker, beat and vendors, started by `manage.py hardy up`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.waiting import until

MANAGE = Path(__file__).resolve().parents[2] / "shop" / "manage.py"
NOT_INHERITED = (
    "DJANGO_SETTINGS_MODULE",
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "SENTRY_DSN",
)


@dataclass(frozen=True)
class RunningShop:
    """Where it answers."""

    url: str
    sandbox_url: str
    log_file: Path

    @property
    def log(self) -> str:
        """What all of its processes have printed."""
        return self.log_file.read_text(errors="replace")


@contextmanager
def running_shop(folder: Path) -> Iterator[RunningShop]:
    """Start it on free ports with an empty folder, wait until it answers, and stop it at the end."""
    ports = dict(zip(("PORT", "SANDBOX_PORT", "SMTP_PORT"), map(str, free_ports(3)), strict=True))
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    environment = {**inherited, **ports, "SHOP_DATA": str(folder), "PYTHONUNBUFFERED": "1"}
    with (
        (folder / "up.log").open("wb+") as log,
        subprocess.Popen(
            [sys.executable, str(MANAGE), "hardy", "up", "--no-reload"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            wait_until_ready(process, log)
            urls = (f"http://127.0.0.1:{ports[name]}" for name in ("PORT", "SANDBOX_PORT"))
            yield RunningShop(*urls, folder / "up.log")
        finally:
            stop(process)


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens. All are held until the last is found, so no two are the same."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def wait_until_ready(process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    def said() -> str:
        return os.pread(log.fileno(), 100_000, 0).decode(errors="replace")

    def ready() -> bool:
        assert process.poll() is None, f"it ended at once:\n{said()}"
        return "Ready in" in said()

    until(ready, seconds=180, otherwise=said)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
