"""The command lines of the patterns, as they are written there, on a shop with real processes."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.shop.whole_shop import Shop, kill_group
from tests.waiting import until

PRODUCTION_WORKER = "worker --loglevel=warning --concurrency=4 -Q default,high_priority"


def command(words: str) -> list[str]:
    """`celery -A config …`, from this environment."""
    return [sys.executable, "-m", "celery", "-A", "config", *words.split()]


def celery(shop: Shop, words: str) -> str:
    done = subprocess.run(
        command(words), env=shop.environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running(shop: Shop, words: str, name: str) -> Iterator[None]:
    with (
        (shop.folder / f"{name}.log").open("wb") as log,
        subprocess.Popen(
            command(words),
            env=shop.environment,
            stdout=log,
            stderr=log,
            cwd=shop.folder,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            kill_group(process)


def queues_of(shop: Shop, kind: str) -> list[list[str]]:
    fleet = json.loads(shop.manage("hardy", "status", "--json"))
    return [worker["queues"] for worker in fleet["workers"] if worker["kind"] == kind]


@pytest.fixture
def workers(shop):
    with running(shop, PRODUCTION_WORKER, "production"):
        until(lambda: queues_of(shop, "worker"), seconds=60, otherwise=lambda: shop.log("production"))
        yield shop


def test_a_production_worker_serves_its_queues_and_answers_inspect_and_flower(workers, free_port):
    assert queues_of(workers, "worker") == [["default", "high_priority"]]
    assert '"prefetch_count": 4' in celery(workers, "inspect stats")
    assert "- empty -" in celery(workers, "inspect active")
    assert "- empty -" in celery(workers, "inspect reserved")

    port = free_port()
    with running(workers, f"flower --address=127.0.0.1 --port={port}", "flower"):
        seen = until(lambda: workers_in_flower(port), seconds=60, otherwise=lambda: workers.log("flower"))
        page = page_of_flower(port, "broker")
    assert [name.partition("@")[0] for name in seen] == ["celery"]
    assert 'id="high_priority"' in page


def workers_in_flower(port: int) -> list[str]:
    try:
        return [worker["hostname"] for worker in json.loads(page_of_flower(port, "workers?json=1"))["data"]]
    except OSError:
        return []


def page_of_flower(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=20) as page:
        return page.read().decode()
