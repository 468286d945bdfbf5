"""A pool child in the test's own thread: it takes rows and runs them through Celery's own tracer."""

from __future__ import annotations

import uuid
from typing import Any

from celery.app.trace import trace_task_ret

from hardy.ledger import identity
from hardy.ledger.message import delivery_payload
from hardy.ledger.reserve import Reserved, promote, reserve

QUEUES = ("celery", "default", "mail")


def deliver(row: Reserved) -> dict[str, Any]:
    """What the transport hands to a worker for a row."""
    return delivery_payload(
        row.message, job=row.id, token=row.token, attempts=row.attempts, queue=row.queue, tag=uuid.uuid4().hex
    )


def run(app: Any, payload: dict[str, Any]) -> Any:
    """Run one delivery, with the request that Celery's worker makes of it."""
    headers, properties = payload["headers"], payload["properties"]
    request = {
        **headers,
        "delivery_info": properties["delivery_info"],
        "correlation_id": properties.get("correlation_id"),
        "reply_to": properties.get("reply_to"),
    }
    return trace_task_ret(
        headers["task"],
        headers["id"],
        request,
        payload["body"],
        payload["content-type"],
        payload["content-encoding"],
        app=app,
    )


def run_next(app: Any) -> bool:
    """Run the next row that is due; False if none is."""
    rows = reserve(identity.name(), QUEUES, 1)
    for row in rows:
        run(app, deliver(row))
    return bool(rows)


def drain(app: Any, most: int = 100) -> int:
    """Run what is due, and what follows from it, until nothing is; return how many attempts that were."""
    for attempts in range(most):
        promote()
        if not run_next(app):
            return attempts
    raise AssertionError(f"after {most} attempts the queue is still not empty")
