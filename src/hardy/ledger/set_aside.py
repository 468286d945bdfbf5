"""A row that cannot be delivered becomes a dead letter by itself, with the reason, while its neighbours go on."""

from __future__ import annotations

import logging

from django.db import transaction

from hardy.conf import settings
from hardy.errors import Unsigned
from hardy.ledger import failure, notify
from hardy.ledger.finish import Claim, finish
from hardy.ledger.models import Job

logger = logging.getLogger(__name__)

#: No attempt has begun: the row waits, or is in a worker's hand.
BEFORE_THE_CLAIM = ("held", "queued", "reserved")


def set_aside(job: str, token: int, error: Exception, *, reason: str = "") -> bool:
    """Make the row a dead letter if it still has ``token``; whoever waits for it hears that it failed.

    ``reason`` is the one that ``error`` speaks for, unless given.
    """
    with transaction.atomic(using=settings.DATABASE):
        row = Job.objects.filter(id=job, token=token).first()
        if row is None:
            return False
        claim = Claim(row.id, row.worker, (token, token), BEFORE_THE_CLAIM, row.task, row.attempts)
        end = failure.failed(
            error, task=row.task, outcome="rejected", reason=reason or reason_of(error), traceback=""
        )
        finished = finish(claim, end)
        if finished:
            notify.notify_failed(row, error)
    if finished:
        logger.error("%s[%s] cannot be delivered and is a dead letter now: %s", row.task, job, error)
    return finished


def reason_of(error: BaseException) -> str:
    """Return the reason of the dead letter of a message that cannot be delivered."""
    return "unsigned" if isinstance(error, Unsigned) else "undecodable"
