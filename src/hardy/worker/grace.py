"""The grace of a job that this worker cannot run: in a rolling deploy another one can, sooner or later."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import F

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.ledger.models import Job
from hardy.ledger.set_aside import BEFORE_THE_CLAIM

#: Seconds until a job is offered again to whichever worker can run it.
PAUSE = 15.0

#: Beside the message in the row, never in what is delivered: since when the job waits for another worker.
MARK = "hardy_waits"


class Verdict(StrEnum):
    """What became of a job that this worker cannot run."""

    HELD = "held"
    #: It has waited for ``HARDY["UNKNOWN_TASK_GRACE"]`` among workers that could not run it.
    OVER = "over"
    #: What was delivered is an outdated copy.
    GONE = "gone"


def offer_again(job: str, token: int) -> Verdict:
    """Hold the job for a while, unless it has waited long enough. Its new token outdates other copies of its message.

    The time is counted from the first worker that could not run it, not from when it was enqueued: a retry, or work
    of next week, has its whole time too.
    """
    waiting = Job.objects.filter(id=job, token=token, state__in=BEFORE_THE_CLAIM)
    row = waiting.annotate(now=seconds_from_now(0)).first()
    if row is None:
        return Verdict.GONE
    now: datetime = row.now
    message = json.loads(row.message)
    since = _waits_since(row, message.get(MARK)) or now
    if now - since >= settings.UNKNOWN_TASK_GRACE:
        return Verdict.OVER
    due = now + timedelta(seconds=pause())
    message[MARK] = {"since": since.isoformat(), "due_at": due.isoformat()}
    held = waiting.update(
        state=Job.State.HELD, worker="", due_at=due, token=F("token") + 1, message=json.dumps(message)
    )
    return Verdict.HELD if held else Verdict.GONE


def pause() -> float:
    """Return the seconds until a job is offered again."""
    return min(PAUSE, settings.UNKNOWN_TASK_GRACE.total_seconds() / 4)


def _waits_since(job: Job, mark: Any) -> datetime | None:
    """Return what the mark says, unless the job has run or was moved to another time since it was made."""
    with suppress(TypeError, KeyError, ValueError):  # it stands in a row, where anybody may have written it
        if mark["due_at"] == job.due_at.isoformat():
            return datetime.fromisoformat(mark["since"])
    return None
