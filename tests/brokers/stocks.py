"""A worker without hardy, beside a project that has it or had it."""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.depot import Depot
from tests.acceptance.processes import Process


def stock_worker(depot: Depot, broker: str, *, name: str = "stock") -> Process:
    """Start a worker of plain `celery.Celery` on the project's queue."""
    worker = depot.process(
        name, "celery", "-A", "stock", "worker", "--loglevel=info", f"--hostname={name}@stock", "--concurrency=1",
        STOCK_BROKER=broker, STOCK_QUEUE=depot.queue, STOCK_LOG=str(depot.folder / "stock.jsonl"),
        DJANGO_SETTINGS_MODULE="",
    )  # fmt: skip
    worker.wait_for(" ready.")
    return worker


def ran(depot: Depot) -> list[dict[str, Any]]:
    """What stock workers have run, in order."""
    log = depot.folder / "stock.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
