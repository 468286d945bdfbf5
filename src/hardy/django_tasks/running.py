"""A Django task in a worker: its function, wrapped as a Celery task of the same name, with the API's signals."""

from __future__ import annotations

import inspect
import json
import traceback
from typing import Any

import celery
from celery import shared_task
from django.utils import timezone
from django.utils.module_loading import import_string

from hardy import events
from hardy.awaiting import wait_for
from hardy.django_tasks import api
from hardy.django_tasks.models import TaskCall
from hardy.django_tasks.results import dotted, result_of
from hardy.ledger import identity

#: Module paths of the tasks that Celery knows.
_registered: set[str] = set()

#: Results of attempts that have ended here and are about to be recorded.
_ended: dict[str, Any] = {}


def register(task: Any) -> Any:
    """Return the Celery task that stands for ``task``: one per function, under its module path."""
    path = task.module_path
    if path not in _registered:
        _registered.add(path)
        shared_task(bind=True, name=path, typing=False, ignore_result=True)(_run)
    return celery.current_app.tasks[path]


def _run(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Run one attempt, tell of its beginning, and keep what it returned for whoever asks for the result."""
    result = result_of(self.request.id) or _without_a_call(self, args, kwargs)
    now = timezone.now()
    _change(
        result,
        status=api.TaskResultStatus.RUNNING,
        last_attempted_at=now,
        started_at=result.started_at or now,
    )
    if not result.worker_ids:
        result.worker_ids.append(identity.name())
    api.signals.task_started.send(type(result.task.get_backend()), task_result=result)
    try:
        value = api.normalize_json(_call(result, args, kwargs))
        _keep(result, value)
    except Exception as error:
        result.errors.append(
            api.TaskError(
                exception_class_path=dotted(error), traceback="".join(traceback.format_exception(error))
            )
        )
        _end(result, api.TaskResultStatus.FAILED)
        raise
    _change(result, _return_value=value)
    _end(result, api.TaskResultStatus.SUCCESSFUL)
    return value


def _call(result: Any, args: Any, kwargs: Any) -> Any:
    task = result.task
    given = (api.TaskContext(task_result=result), *args) if task.takes_context else args
    value = task.func(*given, **kwargs)
    return wait_for(value) if inspect.iscoroutine(value) else value


def _keep(result: Any, value: Any) -> None:
    if value is not None:
        TaskCall.objects.filter(id=result.id).update(return_value=json.dumps(value))


def _end(result: Any, status: Any) -> None:
    _change(result, status=status, finished_at=timezone.now())
    _ended[result.id] = result


def remember(result: Any, sent: Any) -> None:
    """Make ``result`` say how a task ended that ran where it was enqueued."""
    ended = _ended.pop(result.id, None)
    if ended is not None:
        for name in ("status", "started_at", "finished_at", "last_attempted_at", "_return_value"):
            _change(result, **{name: getattr(ended, name)})
        result.errors.extend(ended.errors)
        result.worker_ids.extend(ended.worker_ids)
        api.signals.task_finished.send(type(result.task.get_backend()), task_result=result)


def tell_finished(sender: Any, job: str, **_: Any) -> None:
    """Receive ``job_finished``: a task is finished once that is true in the ledger."""
    if sender not in _registered:
        return
    result = _ended.pop(job, None) or result_of(job)
    if result is not None:
        api.signals.task_finished.send(type(result.task.get_backend()), task_result=result)


def forget(job: str, **_: Any) -> None:
    """Receive ``job_rescheduled`` and ``attempt_fenced_off``: this attempt was not the last, or does not count."""
    _ended.pop(job, None)


events.job_finished.connect(tell_finished, dispatch_uid="hardy.django_tasks.finished")
events.job_rescheduled.connect(forget, dispatch_uid="hardy.django_tasks.held")
events.attempt_fenced_off.connect(forget, dispatch_uid="hardy.django_tasks.fenced_off")


def _without_a_call(celery_task: Any, args: Any, kwargs: Any) -> Any:
    """A job that Celery's API sent, by the task's name, or whose call was pruned."""
    task = import_string(celery_task.name)
    return api.TaskResult(
        task=task, id=celery_task.request.id, status=api.TaskResultStatus.RUNNING, enqueued_at=None, started_at=None,
        finished_at=None, last_attempted_at=None, args=list(args), kwargs=dict(kwargs), backend=task.backend,
        errors=[], worker_ids=[],
    )  # fmt: skip


def _change(result: Any, **fields: Any) -> None:
    for name, value in fields.items():
        object.__setattr__(result, name, value)
