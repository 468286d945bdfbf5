"""The ``django-db`` result backend, writing the same tables, but together with the end of the attempt.

One upsert takes the place of get_or_create and save, and no row is written for STARTED: the ledger knows. A chord
counts its parts in the same transaction, so a part counts once however often its worker is killed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import states
from django.db import router
from django_celery_results.backends.database import DatabaseBackend as StockBackend

from hardy import attempt
from hardy.db.upsert import Upsert
from hardy.event_loop import beside_the_loop
from hardy.how_far import PROGRESS
from hardy.ledger.failure import printable
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.models import Job

#: States of a result's row to which the ledger may know better: the job may be running by now.
NOT_THE_LATEST = {states.PENDING, states.RETRY}


class ReadWhereItIsWritten:
    """A model of django-celery-results, whose rows are read from the database that a router writes them to.

    From a replica the parts of a chord would look as if they had not ended, and its body would never be sent.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __call__(self, *args: Any, **fields: Any) -> Any:
        return self._model(*args, **fields)

    @property
    def _default_manager(self) -> Any:
        return self._model._default_manager.db_manager(router.db_for_write(self._model))


class DatabaseBackend(StockBackend):  # type: ignore[misc]
    """What ``CELERY_RESULT_BACKEND = "django-db"`` means in a project with hardy."""

    #: Who says how far a task is need not say it here as well.
    reads_the_ledger = True

    TaskModel = ReadWhereItIsWritten(StockBackend.TaskModel)
    GroupModel = ReadWhereItIsWritten(StockBackend.GroupModel)

    def _store_result(
        self,
        task_id: str,
        result: Any,
        status: str,
        traceback: Any = None,
        request: Any = None,
        using: Any = None,
    ) -> Any:
        if status == states.STARTED and request is not None and request.get(LEDGER_HEADER):
            return result
        row = self._row(task_id, result, status, traceback, request)
        database = using or router.db_for_write(StockBackend.TaskModel)
        write = Upsert.of(row, database, unique=["task_id"], kept=["date_created"])
        if not attempt.together_with_the_end(write):
            write()
        return result

    def _row(self, task_id: str, result: Any, status: str, traceback: Any, request: Any) -> Any:
        content_type, content_encoding, encoded = self.encode_content(result)
        meta = {**self._get_meta_from_request(request), "children": self.current_task_children(request)}
        text = None if traceback is None else printable(traceback, 16)  # PostgreSQL refuses a NUL
        fields = {**self._get_extended_properties(request, text), "traceback": text}
        mine = attempt.current()
        return self.TaskModel(
            task_id=task_id,
            status=status,
            result=encoded,
            content_type=content_type,
            content_encoding=content_encoding,
            meta=self.encode_content(meta)[2],
            date_started=mine.started_at if mine and mine.job == task_id else None,
            **fields,
        )

    def apply_chord(self, *args: Any, **kwargs: Any) -> None:
        """Begin to count a chord's parts; also for one that is sent from an event loop."""
        beside_the_loop(partial(super().apply_chord, *args, **kwargs))

    def on_chord_part_return(self, request: Any, state: str, result: Any, **kwargs: Any) -> None:
        count = partial(super().on_chord_part_return, request, state, result, **kwargs)
        if not attempt.together_with_the_end(count):
            count()

    def _get_task_meta_for(self, task_id: str) -> Any:
        meta = super()._get_task_meta_for(task_id)
        return {**meta, **_latest(task_id)} if meta["status"] in NOT_THE_LATEST else meta


def _latest(task_id: str) -> dict[str, Any]:
    """Return what the ledger knows better of a job that is not over."""
    jobs = Job.objects.filter(id=task_id)
    job = jobs.only("state", "attempts", "worker", "token", "progress").first()
    if job is None:
        return {}
    if job.state == Job.State.RUNNING:
        reached = job.reached
        if reached is not None:
            return {"status": PROGRESS, "result": reached.as_json(), "traceback": None}
        where = {"hostname": job.worker.partition("/")[0]}
        return {"status": states.STARTED, "result": where, "traceback": None}
    return {"status": states.RETRY} if job.attempts else {}
