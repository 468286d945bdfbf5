"""A shop as `make run` starts it, on free ports, with a database and a broker of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import until

MANAGE = Path(__file__).resolve().parents[3] / "shop" / "manage.py"

#: What the suite itself may have been started with, and what would change the shop.
NOT_OURS = {
    "CELERY_BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "DATABASE_URL",
    "SENTRY_DSN",
    "DJANGO_SETTINGS_MODULE",
}


@dataclass(frozen=True)
class OpenShop:
    """What to start `manage.py` with to reach this shop, and what its processes have said."""

    environment: dict[str, str]
    log: Path

    def manage(self, *arguments: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(MANAGE), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def demo(self, *arguments: str) -> dict[str, Any]:
        """The demonstration's own account of itself; it must have balanced."""
        done = self.manage("demo", "--json", *arguments)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.log.read_text()[-20_000:]}"
        account: dict[str, Any] = json.loads(done.stdout)
        return account


def environment_of(folder: Path, free_port: Callable[[], int], **switches: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    ports = {name: str(free_port()) for name in ("PORT", "SANDBOX_PORT", "SMTP_PORT")}
    return {**inherited, **ports, "SHOP_DATA": str(folder), "PYTHONUNBUFFERED": "1", **switches}


@contextmanager
def open_shop(folder: Path, free_port: Callable[[], int], **switches: str) -> Iterator[OpenShop]:
    """`manage.py hardy up` with these switches, once it is ready and has a worker."""
    shop = OpenShop(environment_of(folder, free_port, **switches), folder / "up.log")
    command = [sys.executable, str(MANAGE), "hardy", "up", "--no-reload", "--concurrency", "2"]
    with (
        shop.log.open("wb") as log,
        subprocess.Popen(
            command, env=shop.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        ) as up,
    ):
        try:
            until(lambda: is_open(shop, up), seconds=60, otherwise=shop.log.read_text)
            yield shop
        finally:
            up.send_signal(signal.SIGTERM)
            try:
                up.wait(30)
            except subprocess.TimeoutExpired:
                up.kill()
                raise


def is_open(shop: OpenShop, up: subprocess.Popen[bytes]) -> bool:
    said = shop.log.read_text()
    assert up.poll() is None, said
    return "Ready in " in said and " ready." in said
