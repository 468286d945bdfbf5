"""Messages a worker cannot run: the task is unknown to it, has another signature here, or the message is no message."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from kombu.exceptions import DecodeError

from hardy import events
from hardy.broker.foreign import adopt, envelope_of
from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.errors import Unsendable
from hardy.ledger import failure, identity, notify
from hardy.ledger.finish import Ending, Holder, end
from hardy.ledger.message import STAMP
from hardy.ledger.models import DeadLetter, Job
from hardy.policy import Run
from hardy.worker import grace
from hardy.worker.grace import BEFORE_THE_CLAIM, Verdict

logger = logging.getLogger(__name__)


def put_back(run: Run, token: int, error: TypeError) -> str:
    """Let a job whose arguments do not fit the task's signature here wait for a worker where they do.

    After ``HARDY["UNKNOWN_TASK_PATIENCE"]`` it is a dead letter. Returns a sentence that says what was done.
    """
    name, job = run.task.name, run.request.id
    verdict = grace.offer_again(job, token)
    if verdict == Verdict.OVER:
        _bury_misfit(Holder(job, identity.name(), (token, token), BEFORE_THE_CLAIM), error)
        logger.error("%s[%s] fits the signature of no worker and is a dead letter now: %s", name, job, error)
        return f"no worker takes its arguments: {error}"
    if verdict == Verdict.HELD:
        logger.warning(
            "%s[%s] does not fit the task's signature in this worker (%s); it is offered again in %g s",
            name, job, error, grace.pause(),
        )  # fmt: skip
    return f"it waits for a worker whose signature takes its arguments: {error}"


def _bury_misfit(holder: Holder, error: TypeError) -> None:
    ending = failure.failed(error, outcome="rejected", reason="misfit", traceback="")
    with transaction.atomic(using=settings.DATABASE):
        job = Job.objects.using(settings.DATABASE).filter(id=holder.job).first()
        ended = job is not None and end(holder, ending)
        if job is not None and ended:
            notify.tell_failed(job, error)
    if job is not None and ended:
        _tell_died(job.id, job.task, ending)


def _tell_died(job: str, task: str, ending: Ending) -> None:
    events.emit(events.job_died, task, job=job, reason=ending.reason, error=ending.error)


def wait_for_a_worker_that_knows(app: Any, message: Any) -> bool:
    """Hold a job whose task is unknown here for a while: in a rolling deploy a newer worker knows it.

    False if it has waited for ``HARDY["UNKNOWN_TASK_PATIENCE"]`` already, or is not in the ledger.
    """
    holder = _holder(app, message)
    if holder is None:
        return False
    verdict = grace.offer_again(holder.job, holder.tokens[0])
    if verdict == Verdict.HELD:
        logger.warning(
            "%s[%s] is unknown to this worker; it is offered again in %g s",
            message.headers.get("task"), holder.job, grace.pause(),
        )  # fmt: skip
    return verdict != Verdict.OVER


def park_unknown(sender: Any, message: Any, exc: Exception, **_: Any) -> None:
    """Receive ``task_unknown``: nobody who knows the task came."""
    if wait_for_a_worker_that_knows(sender.app, message):
        return
    holder = _holder(sender.app, message)
    ending = failure.failed(exc, outcome="rejected", reason="unknown", traceback="")
    if holder is not None and end(holder, ending):
        _tell_died(holder.job, message.headers["task"], ending)


def park_unreadable(sender: Any, message: Any, exc: Exception | None = None, **_: Any) -> None:
    """Receive ``task_rejected``: a message that cannot be read becomes a dead letter, whole."""
    error = exc or DecodeError("The message is not in the format of a Celery task.")
    ending = failure.failed(error, outcome="rejected", reason="undecodable", traceback="")
    holder = _holder(sender.app, message)
    if holder is not None:
        if end(holder, ending):
            _tell_died(holder.job, message.headers["task"], ending)
        return
    try:
        _keep(sender.app, message, ending)
    except (Unsendable, DatabaseError, InterfaceError):
        logger.exception("A message that cannot be read could not be kept either: %r", message)


def _keep(app: Any, message: Any, ending: Ending) -> None:
    """Write the dead letter of a message that is no job: it has no id, or names no task."""
    kept = envelope_of(app, message, id=str(uuid.uuid4()), task="")
    DeadLetter.objects.using(settings.DATABASE).create(
        job=kept.id, task=kept.task, queue=kept.queue, message=kept.text, reason=ending.reason, attempts=0,
        error_type=ending.error_type, error=ending.error, fingerprint=ending.fingerprint,
        enqueued_at=seconds_from_now(0), died_at=seconds_from_now(0),
    )  # fmt: skip


def _holder(app: Any, message: Any) -> Holder | None:
    stamp = (message.headers or {}).get(STAMP) or adopt(app, message)
    if not stamp:
        return None
    return Holder(message.headers["id"], identity.name(), (stamp["token"], stamp["token"]), BEFORE_THE_CLAIM)
