"""Attempts whose process was killed: nobody there could tell of them, so whoever gave the job back does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from hardy import events
from hardy.db.failures import DATABASE_ERRORS
from hardy.errors import Undecodable

logger = logging.getLogger(__name__)

#: Told the task, the job, the headers of its message, when it began in nanoseconds, and where.
Tell = Callable[[str, str, dict[str, Any], int | None, str], None]


def tell_of_lost_attempts(tell: Tell) -> None:
    """From now on ``tell`` hears in this process of each attempt that crashed and whose job was given back."""

    def hear(sender: str | None, job: str, worker: str, **_: Any) -> None:
        # Not at import: policies are importable before Django's models are.
        from hardy.ledger.message import decode
        from hardy.ledger.models import Job, Run

        try:
            text = Job.objects.filter(id=job).values_list("message", flat=True).first()
            began = (
                Run.objects.filter(job=job, outcome="lost")
                .order_by("-id")
                .values_list("started_at", flat=True)
                .first()
            )
            headers = decode(text)["headers"] if text else {}
        except (*DATABASE_ERRORS, Undecodable) as error:
            logger.warning(
                "The trace of the lost attempt of %s[%s] lacks its sender: its message could not be read (%s)",
                sender,
                job,
                error,
            )
            headers, began = {}, None
        tell(sender or "", job, headers, None if began is None else int(began.timestamp() * 1e9), worker)

    events.job_rescued.connect(hear, weak=False, dispatch_uid="hardy.lost_attempts")
