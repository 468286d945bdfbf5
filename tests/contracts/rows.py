"""What the contract tests put into a ledger, and how they look at it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from django.db import connections

from hardy.attempt import Attempt
from hardy.db.clock import seconds_from_now
from hardy.ledger.claim import claim
from hardy.ledger.enqueue import enqueue
from hardy.ledger.finish import Claim, End
from hardy.ledger.message import JobMessage, serialize
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.ledger.reserve import Reserved, reserve
from tests.contracts.databases import ALIAS

WORKER = "worker@here/1/a"
OTHER = "worker@there/2/b"

SUCCEEDED = End("succeeded", result="42")
LOST = End("lost")


def job_message(
    id: str = "job-1", *, task: str = "orders.place", queue: str = "default", priority: int = 0
) -> JobMessage:
    headers = {"id": id, "task": task, "lang": "py", "argsrepr": "(1,)"}
    return serialize(
        ((1,), {}, {}), headers, {"priority": priority}, queue=queue, serializer="json", compression=None
    )


def asked(id: str = "job-1", *, delay: float = 0.0, **said: Any) -> str:
    """A job in the ledger; the value is its id."""
    assert enqueue(job_message(id, **said), delay=delay)
    return id


def reserved(
    worker: str = WORKER, *, queues: tuple[str, ...] = ("default",), limit: int = 10
) -> list[Reserved]:
    return reserve(worker, queues, limit)


def started(id: str = "job-1", worker: str = WORKER) -> Attempt:
    """A job asked for (unless it waits already), handed to a worker and claimed by it."""
    if job(id) is None:
        asked(id)
    row = next(row for row in reserve(worker, [the_job(id).queue], 100) if row.id == id)
    attempt = claim(id, "orders.place", worker, token=row.token, attempts=row.attempts)
    assert attempt is not None
    return attempt


def holder(attempt: Attempt) -> Claim:
    return Claim(attempt.job, attempt.worker, (attempt.token, attempt.token))


def job(id: str = "job-1") -> Job | None:
    return Job.objects.using(ALIAS).filter(id=id).first()


def the_job(id: str = "job-1") -> Job:
    return Job.objects.using(ALIAS).get(id=id)


def jobs() -> dict[str, str]:
    """Every job with its state."""
    return dict(Job.objects.using(ALIAS).values_list("id", "state"))


def outcomes(id: str = "job-1") -> list[str]:
    """How the attempts of a job ended, in order."""
    return list(Run.objects.using(ALIAS).filter(job=id).order_by("id").values_list("outcome", flat=True))


def the_run(id: str = "job-1") -> Run:
    return Run.objects.using(ALIAS).get(job=id)


def letters() -> list[DeadLetter]:
    return list(DeadLetter.objects.using(ALIAS).order_by("id"))


def make_due(id: str = "job-1", ago: float = 1.0) -> None:
    """Let the time come that a held job waits for."""
    assert Job.objects.using(ALIAS).filter(id=id).update(due_at=seconds_from_now(-ago))


def present() -> datetime:
    """The present by the database's clock."""
    job = Job.objects.using(ALIAS).create(
        id="clock",
        task="",
        queue="",
        state="held",
        enqueued_at=seconds_from_now(0),
        due_at=seconds_from_now(0),
        message="",
    )
    try:
        return the_job("clock").due_at.astimezone(UTC)
    finally:
        job.delete()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make each call in a thread of its own, all starting together, and return what they returned, in order."""
    barrier = threading.Barrier(len(calls))

    def make(call: Callable[[], Any]) -> Any:
        try:
            connections[ALIAS].ensure_connection()
            barrier.wait(30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [answer.result(60) for answer in [threads.submit(make, call) for call in calls]]
