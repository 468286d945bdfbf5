"""Results, read from where they are true: the call, the job while there is one, and the history of its attempts."""

from __future__ import annotations

import json
from typing import Any

from django.utils.module_loading import import_string

from hardy.django_tasks import api
from hardy.django_tasks.models import TaskCall
from hardy.ledger.models import Job, Run

#: Ends that no exception of the task's own stands for.
EXCEPTIONS = {
    "Lost": "celery.exceptions.WorkerLostError",
    "Crashed": "celery.exceptions.WorkerLostError",
    "Revoked": "celery.exceptions.TaskRevokedError",
    "Expired": "celery.exceptions.TaskRevokedError",
}


def result_of(id: str, backend: str | None = None) -> Any:
    """Return the ``TaskResult`` of a job, or None if it is none of this backend's, or is forgotten."""
    call = TaskCall.objects.filter(id=id).first()
    if call is None or backend not in (None, call.backend):
        return None
    job = Job.objects.filter(id=id).first()
    runs = list(Run.objects.filter(job=id).order_by("id"))
    if job is None and not runs:
        return None
    return _result(call, job, runs)


def _result(call: TaskCall, job: Job | None, runs: list[Run]) -> Any:
    last, is_running = runs[-1] if runs else None, job is not None and job.state == Job.State.RUNNING
    starts = [run.started_at for run in runs if run.started_at]
    if is_running and job is not None and job.started_at:
        starts.append(job.started_at)
    args, kwargs = json.loads(call.call)
    result = api.TaskResult(
        task=_task(call),
        id=call.id,
        status=_status(job, last),
        enqueued_at=call.enqueued_at,
        started_at=starts[0] if starts else None,
        finished_at=last.finished_at if last and job is None else None,
        last_attempted_at=starts[-1] if starts else None,
        args=args,
        kwargs=kwargs,
        backend=call.backend,
        errors=[_error(run) for run in runs if run.error_type],
        worker_ids=[run.worker for run in runs if run.started_at]
        + ([job.worker] if job and is_running else []),
    )
    object.__setattr__(result, "_return_value", json.loads(call.return_value))
    return result


def _status(job: Job | None, last: Run | None) -> Any:
    if job is not None:
        running = job.state == Job.State.RUNNING
        return api.TaskResultStatus.RUNNING if running else api.TaskResultStatus.READY
    succeeded = last is not None and last.outcome == Run.Outcome.SUCCEEDED
    return api.TaskResultStatus.SUCCESSFUL if succeeded else api.TaskResultStatus.FAILED


def _task(call: TaskCall) -> Any:
    task = import_string(call.path)
    return task.using(
        priority=call.priority, queue_name=call.queue_name, run_after=call.run_after, backend=call.backend
    )


def _error(run: Run) -> Any:
    name = EXCEPTIONS.get(run.error_type, run.error_type)
    path = name if "." in name else f"builtins.{name}"
    return api.TaskError(exception_class_path=path, traceback=run.traceback or run.error)


def dotted(error: BaseException) -> str:
    """Return the path by which an exception's class is imported."""
    return f"{type(error).__module__}.{type(error).__qualname__}"
