"""Enqueueing: a job's row, inserted in the caller's transaction. A rollback leaves nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import DatabaseError, IntegrityError

from hardy import events
from hardy.db.connections import after_commit
from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import Dialect, dialect_of, ledger_connection
from hardy.errors import LedgerMissing
from hardy.ledger.delivery import Publishable, publish_soon
from hardy.ledger.message import JobMessage
from hardy.ledger.models import Job

#: PostgreSQL's channel on which rows that may start announce their queue.
CHANNEL = "hardy_job"

#: What MariaDB and MySQL answer to a key that exists (ER_DUP_ENTRY).
DUPLICATE = 1062

COLUMNS = "id, task, queue, state, priority, enqueued_at, due_at, worker, token, attempts, crashes, message"

MISSING_TABLES = (
    "hardy's tables are missing. Add 'hardy' to INSTALLED_APPS and run: python manage.py migrate hardy"
)


def enqueue(job_message: JobMessage, *, delay: float = 0.0, app: Any = None) -> bool:
    """Write the row of one job, to start after ``delay`` seconds; False if its id waits in the ledger already.

    A job that waits keeps its message: sending the same ``task_id`` twice asks once. With a broker behind the ledger,
    the row is published to ``app``'s broker once the transaction has committed.
    """
    connection = ledger_connection()
    dialect = dialect_of(connection)
    state = Job.State.HELD if delay > 0 or app is not None else Job.State.QUEUED
    values = [job_message.id, job_message.task, job_message.queue, state.value, job_message.priority]
    values += [dialect.seconds(delay), job_message.text]
    with refusing_a_missing_ledger(), connection.cursor() as cursor:
        written = _write(dialect, cursor, values)
    if written and app is not None and delay <= 0:
        row = Publishable(job_message.id, job_message.queue, job_message.text, enqueued_at=time.monotonic())
        after_commit(connection, partial(publish_soon, app, row))
    if written:
        events.emit(
            events.job_enqueued, job_message.task, job=job_message.id, queue=job_message.queue, delay=delay
        )
    return written


@again_after_deadlock
def _write(dialect: Dialect, cursor: Any, values: list[Any]) -> bool:
    try:
        cursor.execute(_insert(dialect), values)
    except IntegrityError as error:
        if dialect.vendor == "mysql" and error.args[0] == DUPLICATE:
            return False
        raise
    return bool(cursor.rowcount == 1)


def _insert(dialect: Dialect) -> str:
    # MariaDB and MySQL count a row that was left alone as written: there the refusal itself is the answer.
    on_conflict = "" if dialect.vendor == "mysql" else dialect.on_conflict_ignore.format(key="id")
    insert = (
        f"INSERT INTO hardy_job ({COLUMNS}) VALUES"
        f" (%s, %s, %s, %s, %s, {dialect.now}, {dialect.later}, '', 0, 0, 0, %s) {on_conflict}"
    )
    if dialect.vendor != "postgresql":
        return insert
    # The announcement is part of the statement: no second round trip, and it is heard only if the row commits.
    return f"WITH enqueued AS ({insert} RETURNING queue) SELECT pg_notify('{CHANNEL}', queue) FROM enqueued"


@contextmanager
def refusing_a_missing_ledger() -> Iterator[None]:
    """Turn "no such table" into an error that names the remedy."""
    try:
        yield
    except DatabaseError as error:
        if "hardy_" in str(error) and any(
            sign in str(error) for sign in ("no such table", "not exist", "1146")
        ):
            raise LedgerMissing(MISSING_TABLES) from error
        raise
