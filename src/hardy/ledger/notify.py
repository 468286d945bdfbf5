"""What everyone who waits for a job must hear when it ends where no request of Celery's stands for it.

A job that dies or is cancelled in the ledger has a result, and may be part of a chord, have errbacks or a chain
behind it. Celery's backends notify all of these; they only need to be called, as the worker's ``Request`` would.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import celery
from celery import signals
from celery.app.task import Context
from celery.exceptions import WorkerLostError
from django.db import transaction
from kombu import compression, serialization

from hardy.conf import settings
from hardy.ledger.message import body_of, decode
from hardy.ledger.models import Job

logger = logging.getLogger(__name__)


def notify_crashed(job: Job, error: str) -> None:
    """Report that the job failed because it ended its process too often."""
    notify_failed(job, WorkerLostError(error))


def notify_failed(job: Job, error: Exception) -> None:
    """Report that the job failed with ``error``, which no trace of Celery's has reported."""
    context = _context_of(job)

    def notify(backend: Any) -> None:
        backend.mark_as_failure(job.id, error, request=context, store_result=not context.ignore_result)
        signals.task_failure.send(
            sender=celery.current_app.tasks.get(job.task), task_id=job.id, exception=error, args=context.args,
            kwargs=context.kwargs, traceback=None, einfo=None,
        )  # fmt: skip

    _notify(job, notify)


def notify_cancelled(job: Job, why: str) -> None:
    """Report that the job was revoked before it began."""
    context = _context_of(job)
    _notify(
        job,
        lambda backend: backend.mark_as_revoked(
            job.id, why, request=context, store_result=not context.ignore_result
        ),
    )


def _notify(job: Job, notify: Callable[[Any], None]) -> None:
    """Notifying fails apart: an errback that raises must not keep the job in the ledger."""
    task = celery.current_app.tasks.get(job.task)
    try:
        with transaction.atomic(using=settings.DATABASE):
            notify(task.backend if task else celery.current_app.backend)
    except Exception:
        logger.exception(
            "%s[%s] is over, but not everyone who waits for it could be notified", job.task, job.id
        )


def _context_of(job: Job) -> Any:
    """Return Celery's context of the job; of a message that cannot be read, no more than its id and its task."""
    try:
        payload = decode(job.message, job.id)
        args, kwargs, follows = _body(payload)
        return Context(payload["headers"], args=args, kwargs=kwargs, **follows)
    except Exception as error:  # also of a custom serializer
        logger.warning(
            "The message of %s cannot be read (%s); what follows from it is unknown", job.id, error
        )
        return Context({"id": job.id, "task": job.task}, args=(), kwargs={})


def _body(payload: dict[str, Any]) -> Any:
    body = body_of(payload)
    if payload["headers"].get("compression"):
        body = compression.decompress(body, payload["headers"]["compression"])
    accept = serialization.prepare_accept_content(celery.current_app.conf.accept_content)
    return serialization.loads(body, payload["content-type"], payload["content-encoding"], accept=accept)
