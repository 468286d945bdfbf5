"""Runs of ``durable=False`` tasks: no row while they run, one line of history afterwards, written in batches.

A pool process keeps them for up to half a second; killed within it, it has forgotten them, as such tasks may be.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from celery import signals, states
from celery.exceptions import Reject, Retry
from django.db import DatabaseError, InterfaceError, connections

from hardy.cause import CAUSE_HEADER, SCHEDULE_HEADER
from hardy.db.clock import DatabaseClock
from hardy.ledger import failure, identity
from hardy.ledger.finish import End, record_finished
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.models import Run
from hardy.ledger.record import NOTHING_MEASURED, Origin, origin_of
from hardy.snooze import Snooze
from hardy.worker import measuring
from hardy.worker.measuring import Meter

logger = logging.getLogger(__name__)

#: Most rows written together, and seconds that the first of them waits for more.
BATCH = 200
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Ended:
    """A run whose times are those of ``time.monotonic()``: the database says in its own what they were."""

    run: Run
    began: float
    ended: float


_waiting: SimpleQueue[Ended] = SimpleQueue()
_writer: threading.Thread | None = None
#: Held while rows are taken and written, so that nobody ends in between.
_writing = threading.Lock()
_started: dict[str, tuple[float, Meter]] = {}


def connect_signals() -> None:
    """Listen for the begin and the end of tasks that have no row."""
    signals.task_prerun.connect(_begin, weak=False, dispatch_uid="hardy.forget.begin")
    signals.task_postrun.connect(_end, weak=False, dispatch_uid="hardy.forget.end")
    signals.worker_process_shutdown.connect(flush, weak=False, dispatch_uid="hardy.forget.flush")
    signals.worker_shutdown.connect(flush, weak=False, dispatch_uid="hardy.forget.flush")


def flush(**_: Any) -> None:
    """Write what is waiting, now, and what the writer has taken and not written yet."""
    with _writing:
        while batch := _next_batch():
            _write(batch)


def _begin(task: Any, task_id: str, **_: Any) -> None:
    if _is_forgettable(task):
        _started[task_id] = time.monotonic(), measuring.start()


def _end(
    task: Any, task_id: str, state: str | None, retval: Any, args: Any = (), kwargs: Any = None, **_: Any
) -> None:
    if not _is_forgettable(task):
        return
    ended = time.monotonic()
    began, meter = _started.pop(task_id, (ended, None))
    run = _run(
        task,
        task_id,
        _end_of(task.name, state, retval),
        origin_of(_headers(task), args or (), kwargs or {}, task),
    )
    for name, value in (meter.stop() if meter else NOTHING_MEASURED).fields().items():
        setattr(run, name, value)
    _waiting.put(Ended(run, began, ended))
    _ensure_writer()


def _is_forgettable(task: Any) -> bool:
    request = task.request
    return getattr(task, "durable", True) is False and not request.get(LEDGER_HEADER) and not request.is_eager


def _end_of(task: str, state: str | None, retval: Any) -> End:
    if isinstance(retval, Retry):
        return failure.retried(retval, task=task)
    if isinstance(retval, (Snooze, Reject)):
        return replace(failure.set_aside(retval, task=task), reason="")
    if state == states.IGNORED:
        return End("ignored")
    if isinstance(retval, BaseException):
        return failure.failed(retval, task=task)
    return failure.succeeded(retval)


def _headers(task: Any) -> dict[str, Any]:
    """Return what the message's headers said of where the task came from."""
    names = ("id", "root_id", "parent_id", "group", SCHEDULE_HEADER, CAUSE_HEADER)
    return {name: task.request.get(name) for name in names}


def _run(task: Any, task_id: str, end: End, origin: Origin) -> Run:
    queue = (task.request.delivery_info or {}).get("routing_key") or ""
    return Run(
        job=task_id, task=task.name, queue=queue, attempt=task.request.retries + 1, worker=identity.name(),
        outcome=end.outcome, result=end.result, error_type=end.error_type, error=end.error,
        fingerprint=end.fingerprint, traceback=end.traceback, **origin.fields(),
    )  # fmt: skip


def _ensure_writer() -> None:
    global _writer
    if _writer is None or not _writer.is_alive():  # threads do not survive the fork of a pool process
        _writer = threading.Thread(target=_write_batches, name="hardy-fire-and-forget", daemon=True)
        _writer.start()


def _write_batches() -> None:
    rest = threading.Event()
    try:
        while True:
            _waiting.put(_waiting.get(timeout=PAUSE))  # looked at, not taken: a flush must find it
            rest.wait(PAUSE)
            flush()
    except Empty:
        pass  # nothing to do: the next task starts another writer
    finally:
        connections.close_all()


def _next_batch() -> list[Ended]:
    batch: list[Ended] = []
    while len(batch) < BATCH:
        try:
            batch.append(_waiting.get_nowait())
        except Empty:
            break
    return batch


def _write(batch: list[Ended]) -> None:
    try:
        record_finished(_timed(batch))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%d runs of durable=False tasks are not in the history (%s)", len(batch), error)


def _timed(batch: list[Ended]) -> list[Run]:
    """Return the runs with their times by the database's clock. When they were enqueued nobody knows any more."""
    clock = DatabaseClock()
    for one in batch:
        began = clock.at(one.began)
        one.run.enqueued_at = one.run.due_at = one.run.started_at = began
        one.run.finished_at = clock.at(one.ended)
    return [one.run for one in batch]
