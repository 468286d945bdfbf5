"""Closing: the last act of an attempt, in the process that ran it, when Celery's trace is over.

The end of the attempt, its result and all that follows from it are written in one transaction. If the database is away
the process waits for it: the body has had its effects, and forgetting that would run it twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from celery import states
from celery.exceptions import Reject, Retry
from django.db import DatabaseError, InterfaceError, transaction

from hardy import attempt, events
from hardy.attempt import Attempt
from hardy.conf import settings
from hardy.db.dialect import ledger_connection
from hardy.db.outage import DatabaseAway, outlast
from hardy.db.upsert import Upsert
from hardy.ledger import failure, finish, identity, notify, recovery
from hardy.ledger.finish import Ending, Holder, Overtaken
from hardy.ledger.models import Job
from hardy.snooze import Snooze

logger = logging.getLogger(__name__)


def close(task_id: str, state: str | None, retval: Any, **_: Any) -> None:
    """Receive ``task_postrun``: close the current attempt, if it is the one that ended."""
    mine = attempt.current()
    if mine is None or mine.job != task_id:
        return
    attempt.begin(None)
    if state is None and not _a_hook_failed(mine):
        # The process itself is being ended, by SystemExit or worse.
        _undo(mine, mine.error or SystemExit())
        # Of a pool child's end the worker knows what it was: revoked, shut down or lost.
        if not identity.is_inherited():
            _patiently(mine, lambda: recovery.lose(_holder(mine)))
        return
    how = ending_of(mine, state, retval)
    if mine.settle is not None:
        _settle(mine, how)
    else:
        _close_apart(mine, how)


def _a_hook_failed(mine: Attempt) -> bool:
    """Whether ``on_failure`` or ``on_retry`` raised: there is no state then, but the process lives on."""
    return isinstance(mine.in_flight, Exception) and not isinstance(mine.in_flight, MemoryError)


def ending_of(mine: Attempt, state: str | None, retval: Any) -> Ending:
    """Say in one word how the attempt ended, with what a run and a dead letter keep of it."""
    in_flight = mine.in_flight  # what follows could not be sent: Celery reports a failure after this signal
    error = in_flight or mine.error or (retval if isinstance(retval, BaseException) else None)
    if state == states.SUCCESS and in_flight is None:
        return failure.succeeded(retval)
    if isinstance(error, Snooze):
        return Ending("snoozed", counts=False)
    if isinstance(mine.error, Retry) and mine.again:
        cause = in_flight or mine.error.exc
        return failure.failed(cause or mine.error, outcome="retried", traceback="" if cause is None else None)
    if isinstance(error, Reject):
        return failure.failed(
            error, outcome="rejected", traceback="", reason="" if error.requeue else "rejected"
        )
    if state == states.IGNORED:
        return Ending("replaced" if mine.again else "ignored")
    reason = "" if mine.again else "failed"
    return failure.failed(error or RuntimeError(f"ended as {state}"), reason=reason)


def _close_apart(mine: Attempt, how: Ending) -> None:
    """Write the end of an attempt whose body is done and committed."""
    try:
        _patiently(mine, lambda: _write_all(mine, how))
    except DatabaseError as error:  # this end can never be written: say so instead of running the body again
        logger.exception("%s[%s]: what attempt %d left cannot be recorded", mine.task, mine.job, mine.number)
        unwritable = failure.failed(error, reason="failed")
        mine.again, mine.follow_ups = None, _obituary(mine, error)
        _patiently(mine, lambda: _write_all(mine, unwritable))


def _obituary(mine: Attempt, error: Exception) -> list[Callable[[], object]]:
    """What follows from an end that could not be written: whoever waits for the job hears that it failed."""
    job = Job.objects.using(settings.DATABASE).filter(id=mine.job).first()
    return [] if job is None else [partial(notify.tell_failed, job, error)]


def _settle(mine: Attempt, how: Ending) -> None:
    """Write the end inside the body's own transaction, or undo both and write what went wrong apart."""
    if how.outcome not in ("succeeded", "replaced", "ignored"):
        _undo(mine, mine.error or RuntimeError(how.error))
        _close_apart(mine, how)
        return
    try:
        _write_all(mine, how, wait_for_disk=True)
        mine.settle(None)  # type: ignore[misc]
    except Overtaken as error:
        _undo(mine, error)
        _tell_overtaken(mine)
    except (DatabaseError, InterfaceError) as error:
        _undo(mine, error)
        logger.warning(
            "%s[%s]: attempt %d was undone (%s); it runs again", mine.task, mine.job, mine.number, error
        )
        _patiently(mine, lambda: recovery.lose(_holder(mine)))


def _undo(mine: Attempt, error: BaseException) -> None:
    if mine.settle is not None:
        try:
            mine.settle(error)
        except (DatabaseError, InterfaceError):
            ledger_connection().close()
        mine.settle = None


def _write_all(mine: Attempt, how: Ending, *, wait_for_disk: bool = False) -> None:
    # Apart from the body's effects, a lost record only means one more run: the commit need not wait for the disk.
    database = ledger_connection().alias
    rows = [write for write in mine.follow_ups if isinstance(write, Upsert) and write.using == database]
    others = [write for write in mine.follow_ups if write not in rows]
    # One statement cannot write a row twice: of two results of one attempt the last counts.
    beside = tuple({row.key: row for row in rows}.values())
    with transaction.atomic(using=database) if others else nullcontext():  # the end alone is atomic by itself
        if not _end_or_hold(mine, replace(how, beside=beside), wait_for_disk):
            raise Overtaken(mine.job)
        for write in others:
            write()
    _tell(mine, how)


def _end_or_hold(mine: Attempt, how: Ending, wait_for_disk: bool) -> bool:
    if mine.again is not None:
        alive = replace(how, reason="")
        return finish.hold(
            _holder(mine), alive, mine.again.envelope, mine.again.delay, wait_for_disk=wait_for_disk
        )
    if how.outcome == "rejected" and not how.reason:
        return finish.hold(_holder(mine), how, None, 0.0, wait_for_disk=wait_for_disk)
    return finish.end(_holder(mine), how, wait_for_disk=wait_for_disk)


def _holder(mine: Attempt) -> Holder:
    return Holder(mine.job, mine.worker, (mine.token, mine.token))


def _tell(mine: Attempt, how: Ending) -> None:
    if mine.again is not None:
        events.emit(events.job_held, mine.task, job=mine.job, outcome=how.outcome, delay=mine.again.delay)
        return
    events.emit(events.job_ended, mine.task, job=mine.job, outcome=how.outcome, attempt=mine.number)
    if how.reason:
        events.emit(events.job_died, mine.task, job=mine.job, reason=how.reason, error=how.error)


def _tell_overtaken(mine: Attempt) -> None:
    logger.warning("%s[%s]: attempt %d was overtaken; it records nothing", mine.task, mine.job, mine.number)
    events.emit(events.attempt_overtaken, mine.task, job=mine.job, token=mine.token)


def _patiently(mine: Attempt, write: Callable[[], object]) -> None:
    """Write, waiting for a database that is away; what it refuses for another reason is raised."""
    try:
        outlast(f"the end of {mine.task}[{mine.job}]", write)
    except Overtaken:
        _tell_overtaken(mine)
    except DatabaseAway as error:
        logger.critical("%s[%s] could not be recorded (%s); it will run again", mine.task, mine.job, error)
