"""Messages a worker cannot run: the task is unknown to it, or the message cannot be read."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.db.models import F
from kombu.exceptions import DecodeError

from hardy.conf import settings
from hardy.errors import Unsendable
from hardy.ledger import failure, identity
from hardy.ledger.adopting import adopt, envelope_of
from hardy.ledger.clock import seconds_from_now
from hardy.ledger.ending import Holder, end
from hardy.ledger.envelope import STAMP
from hardy.ledger.models import DeadLetter, Job

logger = logging.getLogger(__name__)

#: Seconds until a job is offered again to whichever worker knows its task.
PAUSE = 15.0

BEFORE_THE_CLAIM = ("held", "queued", "reserved")


def wait_for_a_worker_that_knows(app: Any, message: Any) -> bool:
    """Hold a job whose task is unknown here for a while: in a rolling deploy a newer worker knows it.

    False if it has waited for ``HARDY["UNKNOWN_TASK_PATIENCE"]`` already, or is not in the ledger.
    """
    holder = _holder(app, message)
    if holder is None:
        return False
    waiting = Job.objects.using(settings.DATABASE).filter(id=holder.job, token=holder.tokens[0])
    patience = settings.UNKNOWN_TASK_PATIENCE.total_seconds()
    young = waiting.filter(state__in=BEFORE_THE_CLAIM, asked__gt=seconds_from_now(-patience))
    pause = min(PAUSE, patience / 4)
    # The new token outdates other copies of the message, and the sender's mark that a broker was told of it.
    if not young.update(state=Job.State.HELD, worker="", due=seconds_from_now(pause), token=F("token") + 1):
        return False
    name = message.headers.get("task")
    logger.warning("%s[%s] is unknown to this worker; it is offered again in %g s", name, holder.job, pause)
    return True


def park_unknown(sender: Any, message: Any, exc: Exception, **_: Any) -> None:
    """Receive ``task_unknown``: nobody who knows the task came."""
    if wait_for_a_worker_that_knows(sender.app, message):
        return
    holder = _holder(sender.app, message)
    if holder is not None:
        end(holder, failure.failed(exc, outcome="rejected", died="unknown", traceback=""))


def park_unreadable(sender: Any, message: Any, exc: Exception | None = None, **_: Any) -> None:
    """Receive ``task_rejected``: a message that cannot be read becomes a dead letter, whole."""
    error = exc or DecodeError("The message is not in the format of a Celery task.")
    ending = failure.failed(error, outcome="rejected", died="undecodable", traceback="")
    holder = _holder(sender.app, message)
    if holder is not None:
        end(holder, ending)
        return
    try:
        _keep(sender.app, message, ending)
    except (Unsendable, DatabaseError, InterfaceError):
        logger.exception("A message that cannot be read could not be kept either: %r", message)


def _keep(app: Any, message: Any, ending: Any) -> None:
    """Write the dead letter of a message that is no job: it has no id, or names no task."""
    kept = envelope_of(app, message, id=str(uuid.uuid4()), task="")
    DeadLetter.objects.using(settings.DATABASE).create(
        job=kept.id, task=kept.task, queue=kept.queue, message=kept.text, reason=ending.died, attempts=0,
        error_type=ending.error_type, error=ending.error, fingerprint=ending.fingerprint,
        asked=seconds_from_now(0), died=seconds_from_now(0),
    )  # fmt: skip


def _holder(app: Any, message: Any) -> Holder | None:
    stamp = (message.headers or {}).get(STAMP) or adopt(app, message)
    if not stamp:
        return None
    return Holder(message.headers["id"], identity.name(), (stamp["token"], stamp["token"]), BEFORE_THE_CLAIM)
