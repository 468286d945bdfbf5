"""Cancelling a job that waits, or rescheduling it, is a statement about its row."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.ledger.finish import Claim, End, finish
from hardy.ledger.models import Job
from hardy.ledger.notify import notify_cancelled

#: A token no job will reach: any attempt may be the one that is cancelled before it starts.
ANY = (0, 2**31 - 1)

WAITING = (Job.State.HELD, Job.State.QUEUED)
#: What has not begun: handed to a worker, it still needs the row to be claimed.
NOT_BEGUN = (*WAITING, Job.State.RESERVED)


def cancel(ids: Iterable[str], *, why: str = "The task was cancelled.") -> int:
    """Cancel the jobs among ``ids`` that have not begun; return how many. It survives any restart: the row is gone.

    A job that runs is not touched; ``app.control.revoke(id, terminate=True)`` ends it.
    """
    end = End("cancelled", error_type="Cancelled", error=why)
    return sum(_cancel(job, end) for job in ids)


def reschedule(job: str, delay: float) -> bool:
    """Let a waiting job start ``delay`` seconds from now instead; False if it does not wait any more."""
    waiting = Job.objects.filter(id=job, state__in=WAITING)
    # The new token outdates the message that a broker may hold already: it would start the job at the old time.
    return bool(waiting.update(state=Job.State.HELD, due_at=seconds_from_now(delay), token=F("token") + 1))


def _cancel(job: str, end: End) -> bool:
    with transaction.atomic(using=settings.DATABASE):
        row = Job.objects.filter(id=job).first()
        if row is None:
            return False
        claim = Claim(job, row.worker, ANY, NOT_BEGUN, task=row.task, attempt=row.attempts)
        finished = finish(claim, end)
        if finished:
            notify_cancelled(row, "revoked")
    return finished
