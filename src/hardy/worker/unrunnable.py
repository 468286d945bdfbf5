"""Messages a worker cannot run: the task is unknown to it, has another signature here, or the message is no message."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from kombu.exceptions import DecodeError

from hardy.broker.foreign import body_as_delivered, import_foreign, job_message_of
from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.failures import is_outage
from hardy.db.outage import retry_while_away
from hardy.errors import shown
from hardy.ledger import failure, identity, notify
from hardy.ledger.finish import Claim, End, announce_finished, finish
from hardy.ledger.headers import is_storable
from hardy.ledger.message import LEDGER_HEADER, as_text
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.set_aside import BEFORE_THE_CLAIM, reason_of
from hardy.policy import Execution
from hardy.worker import grace
from hardy.worker.admission import ledger_header_of
from hardy.worker.grace import Verdict
from hardy.worker.stopping import is_told_to_stop

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

#: Says on a message that its dead letter has been written: Celery tells of some messages twice.
KEPT = "hardy_kept"


def wait_for_matching_worker(execution: Execution, token: int, error: TypeError) -> str:
    """Let a job whose arguments do not fit the task's signature here wait for a worker where they do.

    After ``HARDY["UNKNOWN_TASK_GRACE"]`` it is a dead letter. Returns a sentence that says what was done.
    """
    name, job = execution.task.name, execution.request.id
    verdict = grace.offer_again(job, token)
    if verdict == Verdict.OVER:
        claim = Claim(job, identity.name(), (token, token), BEFORE_THE_CLAIM, name)
        end = failure.failed(error, task=name, outcome="rejected", reason="mismatch", traceback="")
        _end_and_notify(claim, end, error)
        logger.error(
            "%s[%s] matches the signature of no worker and is a dead letter now: %s", name, job, error
        )
        return f"no worker takes its arguments: {error}"
    if verdict == Verdict.HELD:
        logger.warning(
            "%s[%s] does not fit the task's signature in this worker (%s); it is offered again in %g s",
            name, job, error, grace.pause(),
        )  # fmt: skip
    return f"it waits for a worker whose signature takes its arguments: {error}"


def _end_and_notify(claim: Claim, end: End, error: Exception) -> None:
    with transaction.atomic(using=settings.DATABASE):
        job = Job.objects.filter(id=claim.job).first()
        if job is not None and finish(claim, end):
            notify.notify_failed(job, error)


def wait_for_a_worker_that_knows(app: Any, message: Any) -> bool:
    """Hold a job whose task is unknown here for a while: in a rolling deploy a newer worker knows it.

    False if it has waited for ``HARDY["UNKNOWN_TASK_GRACE"]`` already, or is not in the ledger.
    """
    return _once_the_database_answers(partial(_offer_again, app, message))


def _offer_again(app: Any, message: Any) -> bool:
    claim = _claim_of(app, message)
    if claim is None:
        return False
    verdict = grace.offer_again(claim.job, claim.tokens[0])
    if verdict == Verdict.HELD:
        logger.warning(
            "%s[%s] is unknown to this worker; it is offered again in %g s",
            claim.task, claim.job, grace.pause(),
        )  # fmt: skip
    return verdict != Verdict.OVER


def set_aside_unknown(sender: Any, message: Any, exc: Exception, **_: Any) -> None:
    """Receive ``task_unknown``: nobody who knows the task came."""
    if wait_for_a_worker_that_knows(sender.app, message):
        return
    end = failure.failed(exc, task=_task_of(message), outcome="rejected", reason="unknown", traceback="")

    def set_aside() -> None:
        claim = _claim_of(sender.app, message)
        if claim is not None:
            finish(claim, end)

    _once_the_database_answers(set_aside)


def set_aside_unreadable(sender: Any, message: Any, exc: Exception | None = None, **_: Any) -> None:
    """Receive ``task_rejected``: a message that cannot be read becomes a dead letter, whole.

    It waits for a database that is away: the broker may not have the message any more. Raises nothing but
    :class:`DatabaseAway`. A second time it does nothing.
    """
    if getattr(message, KEPT, False):
        return
    error = exc or DecodeError("The message is not in the format of a Celery task.")
    _once_the_database_answers(partial(_set_aside, sender.app, message, error))
    setattr(message, KEPT, True)


def _once_the_database_answers(act: Callable[[], Done]) -> Done:
    return retry_while_away("a message that cannot be run", act, unless=is_told_to_stop)


def _set_aside(app: Any, message: Any, error: Exception) -> None:
    end = failure.failed(
        error, task=_task_of(message), outcome="rejected", reason=reason_of(error), traceback=""
    )
    try:
        claim = _claim_of(app, message)
        if claim is not None:
            _end_and_notify(claim, end, error)
        else:
            _keep(app, message, end)
    except Exception as worse:
        if is_outage(worse):
            raise
        logger.exception("A message that cannot be read could not be kept as it is: %s", shown(message))
        _keep_raw(message, end)


def _keep(app: Any, message: Any, end: End) -> None:
    """Write the dead letter of a message that is no job: it has no id, or names no task."""
    kept = job_message_of(app, message, id="", task="")
    _write_letter(
        end,
        job=kept.id if is_storable(kept.id) else str(uuid.uuid4()),
        task=kept.task if is_storable(kept.task) else "",
        queue=kept.queue if is_storable(kept.queue) else "",
        message=kept.text,
    )


def _keep_raw(message: Any, end: End) -> None:
    """Write the dead letter of a message that cannot even be written down as one: its body, and what it says it is."""
    body = body_as_delivered(message)
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    text = as_text(
        raw,
        {"unreadable": shown(message.headers)},
        {},
        str(message.content_type),
        str(message.content_encoding),
    )
    _write_letter(end, job=str(uuid.uuid4()), task="", queue="", message=text)


def _write_letter(end: End, *, job: str, task: str, queue: str, message: str) -> None:
    now = seconds_from_now(0)
    DeadLetter.objects.create(
        job=job, task=task, queue=queue, message=message, reason=end.reason, attempts=0, error_type=end.error_type,
        error=end.error, fingerprint=end.fingerprint, enqueued_at=now, died_at=now,
    )  # fmt: skip
    announce_finished(job, task, end, 0)


def _claim_of(app: Any, message: Any) -> Claim | None:
    """Return the claim of a job's message; None if it is nobody's: no row can be made of it either."""
    headers = message.headers if isinstance(message.headers, dict) else {}
    if not is_storable(headers.get("id")):
        return None
    header = ledger_header_of(app, message) or _imported(app, message)
    if not header:
        return None
    tokens = header["token"], header["token"]
    return Claim(
        headers["id"], identity.name(), tokens, BEFORE_THE_CLAIM, _task_of(message), header["attempts"]
    )


def _task_of(message: Any) -> str:
    """Return the task that a message names; "" if it names none."""
    headers = message.headers if isinstance(message.headers, dict) else {}
    return str(headers.get("task") or "")


def _imported(app: Any, message: Any) -> dict[str, Any] | None:
    if message.headers.get(LEDGER_HEADER):
        return None  # a forged one
    try:
        return import_foreign(app, message)
    except Exception as error:
        if is_outage(error):
            raise
        return None
