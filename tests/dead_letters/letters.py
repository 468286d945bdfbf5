"""Letters for the tests: jobs that were asked for, started and ended as a worker would have done it."""

from __future__ import annotations

from typing import Any

import celery

from hardy.conf import settings
from hardy.dead_letters.models import Decision
from hardy.ledger import failure
from hardy.ledger.claim import claim
from hardy.ledger.finish import Claim, finish
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.reserve import promote, reserve
from tests.waiting import until

WORKER = "worker@here/1/a"


def died(
    task: str = "orders.place",
    args: tuple[Any, ...] = (1,),
    kwargs: dict[str, Any] | None = None,
    *,
    error: Exception | None = None,
    reason: str = "failed",
    **options: Any,
) -> DeadLetter:
    """Send a task, start it, let it fail for good, and return its letter."""
    sent = celery.current_app.send_task(task, args, kwargs or {}, **options)
    return end_badly(sent.id, error or ValueError("odd"), reason)


def end_badly(job: str, error: Exception, reason: str = "failed") -> DeadLetter:
    """Start a job that waits, and let it fail for good."""
    attempt = started(job)
    holder = Claim(job, attempt.worker, (attempt.token, attempt.token))
    assert finish(holder, failure.failed(error, task=jobs().get(id=job).task, reason=reason))
    return letters().get(job=job)


def started(job: str) -> Any:
    """Hand a job to a worker once it is due, and claim it."""
    row = jobs().get(id=job)
    if row.state == Job.State.HELD:
        until(promote, seconds=5, otherwise=f"{job} does not become due")
    reserved = next(one for one in reserve(WORKER, [row.queue], 1000) if one.id == job)
    attempt = claim(job, row.task, WORKER, token=reserved.token, attempts=reserved.attempts)
    assert attempt is not None
    return attempt


def raised(error: Exception) -> Exception:
    """The error with a traceback of its own, as one that a task raised has."""
    try:
        raise error
    except type(error) as caught:
        return caught


def jobs() -> Any:
    return Job.objects.using(settings.DATABASE)


def letters() -> Any:
    return DeadLetter.objects.using(settings.DATABASE)


def decisions() -> Any:
    return Decision.objects.using(settings.DATABASE).order_by("id")
