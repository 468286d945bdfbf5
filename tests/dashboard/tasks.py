"""Tasks for the tests: such as wait, run, have ended, and workers that are alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import celery
from django.utils import timezone

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.ledger import failure
from hardy.ledger.finish import Claim, finish
from hardy.ledger.models import Job, Run, Worker
from tests.dead_letters.letters import started


def sent(task: str = "orders.place", *args: Any, **options: Any) -> str:
    """Send a task, and return its id."""
    return celery.current_app.send_task(task, args, **options).id


def running(task: str = "orders.place", *args: Any) -> str:
    """Send a task and claim it as a worker would."""
    job = sent(task, *args)
    started(job)
    return job


def succeeded(task: str = "orders.place", *args: Any, result: Any = None) -> str:
    """Send a task, claim it, and end it well."""
    job = sent(task, *args)
    attempt = started(job)
    assert finish(Claim(job, attempt.worker, (attempt.token, attempt.token)), failure.succeeded(result))
    return job


def past(count: int, *, outcome: str = "succeeded", minutes: float = 0, **fields: Any) -> list[Run]:
    """Write attempts into the history that ended so long ago, the oldest first, a millisecond apart."""
    last = timezone.now() - timedelta(minutes=minutes)
    runs = []
    for number in range(count):
        ended = last - timedelta(milliseconds=count - number)
        times = {"enqueued_at": ended, "due_at": ended, "started_at": ended, "finished_at": ended}
        about = {"job": f"past-{outcome}-{minutes}-{number}", "task": "orders.place", "queue": "default"}
        runs.append(Run(**{**about, "outcome": outcome, "attempt": 1, **times, **fields}))
    return Run.objects.using(settings.DATABASE).bulk_create(runs)


def alive(*queues: str, kind: str = "worker", name: str = "worker@here") -> None:
    """Let a worker or a beat process be alive."""
    Worker.objects.using(settings.DATABASE).create(
        id=f"{name}/1/{kind}", kind=kind, name=name, pid=1, queues=",".join(queues), active=0,
        started_at=seconds_from_now(0), seen_at=seconds_from_now(60),
    )  # fmt: skip


def waits_since(job: str, seconds: float) -> None:
    """Let a job have been due for so long."""
    Job.objects.using(settings.DATABASE).filter(id=job).update(due_at=seconds_from_now(-seconds))
