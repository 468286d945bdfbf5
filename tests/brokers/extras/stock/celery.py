"""Stock Celery's own app, which knows some tasks of the depot by name and writes down in a file what it runs."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery import Celery

app = Celery("stock", broker=os.environ["STOCK_BROKER"])
app.conf.update(task_default_queue=os.environ["STOCK_QUEUE"], task_acks_late=True)
LOG = Path(os.environ["STOCK_LOG"])

assert "hardy" not in sys.modules


@app.task(name="depot.record", bind=True)
def record(self: Any, name: str, detail: str = "") -> str:
    told = {"name": name, "id": self.request.id, "at": datetime.now(UTC).isoformat()}
    with LOG.open("a") as log:
        log.write(json.dumps(told) + "\n")
    return name


@app.task(name="depot.add")
def add(one: int, other: int) -> int:
    return one + other
