"""Finalizing: the last act of an attempt, in the process that ran it, when Celery's trace is over.

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
from django.db import DatabaseError, InternalError, transaction
from django.db.transaction import TransactionManagementError

from hardy import attempt, events
from hardy.attempt import Attempt
from hardy.db.connections import roll_back_and_close
from hardy.db.dialect import ledger_connection
from hardy.db.failures import DATABASE_ERRORS, is_outage
from hardy.db.outage import DatabaseAway, retry_while_away
from hardy.db.upsert import Upsert
from hardy.ledger import failure, identity, notify, recovery
from hardy.ledger.finish import Claim, End, FencedOff, finish, put_back
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.models import Job
from hardy.ledger.record import NOTHING_MEASURED
from hardy.ledger.set_aside import set_aside
from hardy.ledger.tags import tag_rows
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
            _write_while_away(mine, lambda: recovery.rescue(_claim_of(mine)))
        return
    how = end_of(mine, state, retval)
    if mine.settle is not None:
        _settle(mine, how)
    else:
        _close_apart(mine, how)


def close_broken(sender: Any, task_id: str, request: Any, exception: Exception, **_: Any) -> None:
    """Receive ``task_internal_error``: Celery's own trace failed, and ``task_postrun`` does not follow.

    Before the claim the message was at fault, and becomes a dead letter; after it the attempt failed, with that error.
    """
    header = (request or {}).get(LEDGER_HEADER)
    if not header:
        return
    mine = attempt.current()
    if mine is None or mine.job != task_id:
        retry_while_away(f"{sender.name}[{task_id}]", lambda: set_aside(task_id, header["token"], exception))
        return
    attempt.begin(None)
    _undo(mine, exception)
    _fail(mine, exception)


def _a_hook_failed(mine: Attempt) -> bool:
    """Whether ``on_failure`` or ``on_retry`` raised: there is no state then, but the process lives on."""
    return isinstance(mine.in_flight, Exception) and not isinstance(mine.in_flight, MemoryError)


def end_of(mine: Attempt, state: str | None, retval: Any) -> End:
    """Say in one word how the attempt ended, with what a run and a dead letter keep of it."""
    in_flight = mine.in_flight  # what follows could not be sent: Celery reports a failure after this signal
    error = in_flight or mine.error or (retval if isinstance(retval, BaseException) else None)
    if state == states.SUCCESS and in_flight is None:
        return failure.succeeded(retval)
    if isinstance(mine.error, Retry) and mine.again:
        return failure.retried(mine.error, in_flight, task=mine.task)
    if isinstance(error, (Snooze, Reject)):
        return failure.set_aside(error, task=mine.task)
    if state == states.IGNORED:
        return End("replaced" if mine.again else "ignored")
    reason = "" if mine.again else "failed"
    return failure.failed(error or RuntimeError(f"ended as {state}"), task=mine.task, reason=reason)


def _close_apart(mine: Attempt, how: End) -> None:
    """Write the end of an attempt whose body is done and committed."""
    try:
        _write_while_away(mine, lambda: _write_all(mine, how))
    except DatabaseError as error:  # this end can never be written: say so instead of running the body again
        logger.exception("%s[%s]: the end of attempt %d cannot be recorded", mine.task, mine.job, mine.number)
        _fail(mine, error)


def _fail(mine: Attempt, error: Exception) -> None:
    """Record that the attempt failed with ``error``, which came up after Celery had called it a success."""
    mine.again, mine.follow_ups = None, _notices(mine, error)
    failed = failure.failed(error, task=mine.task, reason="failed")
    _write_while_away(mine, lambda: _write_all(mine, failed))


def _notices(mine: Attempt, error: Exception) -> list[Callable[[], object]]:
    """What follows from such a failure: whoever waits for the job hears of it."""
    job = Job.objects.filter(id=mine.job).first()
    return [] if job is None else [partial(notify.notify_failed, job, error)]


def _settle(mine: Attempt, how: End) -> None:
    """Write the end inside the body's own transaction, or undo both and write what went wrong apart."""
    if how.outcome not in ("succeeded", "replaced", "ignored"):
        _undo(mine, mine.error or RuntimeError(how.error))
        _close_apart(mine, how)
        return
    try:
        _write_all(mine, how, wait_for_disk=True)
        mine.settle(None)  # type: ignore[misc]
        mine.settle = None
    except FencedOff as error:
        _undo(mine, error)
        _report_fenced_off(mine)
    except DATABASE_ERRORS as error:
        _undo(mine, error)
        _run_again_or_fail(mine, error)


def _run_again_or_fail(mine: Attempt, error: Exception) -> None:
    """An outage passes. A deferred constraint, or a body that swallowed an error, fails the same way each time."""
    if is_outage(error):
        logger.warning(
            "%s[%s]: attempt %d was undone (%s); it runs again", mine.task, mine.job, mine.number, error
        )
        _write_while_away(mine, lambda: recovery.rescue(_claim_of(mine)))
    else:
        logger.error(
            "%s[%s]: attempt %d could not be committed (%s)", mine.task, mine.job, mine.number, error
        )
        _fail(mine, _said_why(error))


def _said_why(error: Exception) -> Exception:
    if isinstance(error, (TransactionManagementError, InternalError)):
        error.add_note(
            "The body of an atomic=True task caught a database error, or called set_rollback(True), and went on:"
            " nothing of its transaction could be committed. Wrap what may fail in a transaction.atomic() of its own."
        )
    return error


def _undo(mine: Attempt, error: BaseException) -> None:
    """Roll the body's transaction back, whatever state its connection is in."""
    settle, mine.settle = mine.settle, None
    if settle is None:
        return
    try:
        settle(error)
    except DATABASE_ERRORS:
        roll_back_and_close(ledger_connection())


def _write_all(mine: Attempt, how: End, *, wait_for_disk: bool = False) -> None:
    # Apart from the body's effects, a lost record only means one more run: the commit need not wait for the disk.
    database = ledger_connection().alias
    rows = [write for write in mine.follow_ups if isinstance(write, Upsert) and write.using == database]
    rows += tag_rows(mine.job, mine.tags, database) if mine.tags else []
    others = [write for write in mine.follow_ups if write not in rows]
    # One statement cannot write a row twice: of two results of one attempt the last counts.
    extra_rows = tuple({row.key: row for row in rows}.values())
    with transaction.atomic(using=database) if others else nullcontext():  # the end alone is atomic by itself
        if not _finish_or_put_back(
            mine, replace(how, extra_rows=extra_rows, usage=mine.usage or NOTHING_MEASURED), wait_for_disk
        ):
            raise FencedOff(mine.job)
        for write in others:
            write()


def _finish_or_put_back(mine: Attempt, how: End, wait_for_disk: bool) -> bool:
    claim = _claim_of(mine)
    if mine.again is not None:
        alive, again = replace(how, reason=""), mine.again
        return put_back(claim, alive, again.job_message, again.delay, wait_for_disk=wait_for_disk)
    if how.outcome == "rejected" and not how.reason:
        return put_back(claim, how, None, 0.0, wait_for_disk=wait_for_disk)
    return finish(claim, how, wait_for_disk=wait_for_disk)


def _claim_of(mine: Attempt) -> Claim:
    return Claim(mine.job, mine.worker, (mine.token, mine.token), task=mine.task, attempt=mine.number)


def _report_fenced_off(mine: Attempt) -> None:
    logger.warning("%s[%s]: attempt %d was fenced off; it records nothing", mine.task, mine.job, mine.number)
    events.emit(events.attempt_fenced_off, mine.task, job=mine.job, token=mine.token)


def _write_while_away(mine: Attempt, write: Callable[[], object]) -> None:
    """Write, waiting for a database that is away; what it refuses for another reason is raised."""
    try:
        retry_while_away(f"the end of {mine.task}[{mine.job}]", write)
    except FencedOff:
        _report_fenced_off(mine)
    except DatabaseAway as error:
        logger.critical("%s[%s] could not be recorded (%s); it will run again", mine.task, mine.job, error)
