"""Listens to Celery's signals, wherever they are sent, and leaves what they tell of ``conformed.watched``."""

from __future__ import annotations

from typing import Any

from celery import signals

WATCHED = "conformed.watched"


def leave(job: str, what: str, detail: Any) -> None:
    from conformed.models import leave

    leave(job, what, detail)


@signals.before_task_publish.connect(weak=False)
def before_publish(
    sender: Any, headers: Any, body: Any, routing_key: Any, exchange: Any, **rest: Any
) -> None:
    if sender == WATCHED:
        detail = [list(body[0]), body[1], exchange, routing_key, sorted(rest), headers["retries"]]
        leave(headers["id"], "before_task_publish", detail)


@signals.after_task_publish.connect(weak=False)
def after_publish(sender: Any, headers: Any, body: Any, routing_key: Any, exchange: Any, **rest: Any) -> None:
    if sender == WATCHED:
        leave(headers["id"], "after_task_publish", [list(body[0]), exchange, routing_key, headers["retries"]])


@signals.task_prerun.connect(weak=False)
def prerun(sender: Any, task_id: str, task: Any, args: Any, kwargs: Any, **_: Any) -> None:
    if sender.name == WATCHED:
        leave(task_id, "task_prerun", [task.name, list(args), kwargs])


@signals.task_postrun.connect(weak=False)
def postrun(
    sender: Any, task_id: str, task: Any, args: Any, kwargs: Any, retval: Any, state: Any, **_: Any
) -> None:
    if sender.name == WATCHED:
        error = getattr(retval, "exc", retval)  # of a wish to retry, its cause
        told = repr(error) if isinstance(error, BaseException) else retval
        leave(task_id, "task_postrun", [list(args), kwargs, told, state])


@signals.task_success.connect(weak=False)
def success(sender: Any, result: Any, **_: Any) -> None:
    if sender.name == WATCHED:
        leave(sender.request.id, "task_success", result)


@signals.task_failure.connect(weak=False)
def failure(sender: Any, task_id: str, exception: Any, args: Any, kwargs: Any, einfo: Any, **_: Any) -> None:
    if sender is not None and sender.name == WATCHED:
        leave(task_id, "task_failure", [repr(exception), list(args), kwargs, type(einfo).__name__])


@signals.task_retry.connect(weak=False)
def retry(sender: Any, request: Any, reason: Any, einfo: Any, **_: Any) -> None:
    if sender.name == WATCHED:
        leave(request.id, "task_retry", [type(reason).__name__, repr(reason.exc), type(einfo).__name__])


@signals.task_revoked.connect(weak=False)
def revoked(sender: Any, request: Any, terminated: bool, signum: Any, expired: bool, **_: Any) -> None:
    if sender.name == WATCHED:
        leave(request.id, "task_revoked", [terminated, signum and int(signum), expired])


@signals.task_received.connect(weak=False)
def received(sender: Any, request: Any, **_: Any) -> None:
    if request.name == WATCHED:
        leave(request.id, "task_received", request.task_name)
