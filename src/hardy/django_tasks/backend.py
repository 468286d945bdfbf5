"""The backend: a Django task becomes a job of the ledger, and its result is read from ledger and history."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

import celery
from celery.result import EagerResult
from django.db import transaction
from django.utils import timezone

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.django_tasks import api
from hardy.django_tasks.models import TaskCall
from hardy.django_tasks.results import result_of
from hardy.django_tasks.running import register, remember
from hardy.event_loop import beside_the_loop

#: The ledger's priorities go from 0 to this.
MOST_URGENT = 9


class HardyBackend(api.BaseTaskBackend):  # type: ignore[misc]
    """Durable tasks for ``django.tasks``: committed with the data they belong to, run by the same workers.

    A task is registered with Celery under its module path, so limits, dead letters and history know it by this name.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def validate_task(self, task: Any) -> None:
        """Refuse what the API refuses; a task that may run is made known to Celery."""
        super().validate_task(task)
        register(task)

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Write the job in the caller's transaction, and return its result, which is ready to be refreshed."""
        return beside_the_loop(partial(self._enqueue, task, args, kwargs))

    def _enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        self.validate_task(task)
        result = _new_result(task, args, kwargs, self.alias)
        with transaction.atomic(using=settings.DATABASE):
            _write_call(result)
            sent = register(task).apply_async(
                result.args, result.kwargs, task_id=result.id, queue=queue_of(task),
                priority=priority_of(task), eta=task.run_after,
            )  # fmt: skip
        _set(result, enqueued_at=timezone.now())
        api.signals.task_enqueued.send(type(self), task_result=result)
        if isinstance(sent, EagerResult):  # CELERY_TASK_ALWAYS_EAGER: it has run already
            remember(result, sent)
        return result

    def get_result(self, result_id: str) -> Any:
        """Return what ledger and history know of a task, from any process; ``TaskResultDoesNotExist`` if nothing."""
        found = result_of(str(result_id), self.alias)
        if found is None:
            raise api.TaskResultDoesNotExist(result_id)
        return found


def _new_result(task: Any, args: Any, kwargs: Any, alias: str) -> Any:
    return api.TaskResult(
        task=task, id=str(uuid.uuid4()), status=api.TaskResultStatus.READY, enqueued_at=None, started_at=None,
        finished_at=None, last_attempted_at=None, args=list(args), kwargs=dict(kwargs), backend=alias, errors=[],
        worker_ids=[],
    )  # fmt: skip


def _write_call(result: Any) -> None:
    task = result.task
    TaskCall.objects.create(
        id=result.id, path=task.module_path, backend=result.backend, queue_name=task.queue_name,
        priority=task.priority, run_after=task.run_after, call=json.dumps([result.args, result.kwargs]),
        enqueued_at=seconds_from_now(0),
    )  # fmt: skip


def _set(result: Any, **fields: Any) -> None:
    for name, value in fields.items():
        object.__setattr__(result, name, value)


def queue_of(task: Any) -> str:
    """Return the queue that workers read: Django's "default" is Celery's default queue, unless one has this name."""
    app = celery.current_app
    name: str = task.queue_name
    if name == api.DEFAULT_TASK_QUEUE_NAME and name not in app.amqp.queues:
        return str(app.conf.task_default_queue)
    return name


def priority_of(task: Any) -> int:
    """Return the ledger's priority, 0 to 9, for one from -100 to 100; Django's 0 is in the middle."""
    span = api.TASK_MAX_PRIORITY - api.TASK_MIN_PRIORITY
    return int((task.priority - api.TASK_MIN_PRIORITY) * MOST_URGENT // span)
