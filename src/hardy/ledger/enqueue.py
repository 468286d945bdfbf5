"""Enqueueing: a job's row, inserted in the caller's transaction. A rollback leaves nothing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, transaction

from hardy import events
from hardy.db.connections import after_commit
from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import Dialect, dialect_of, ledger_connection
from hardy.db.failures import DATABASE_ERRORS, is_of_the_connection
from hardy.errors import LedgerMissing
from hardy.ledger.delivery import Publishable, publish_soon
from hardy.ledger.message import JobMessage
from hardy.ledger.models import Job
from hardy.ledger.record import ORIGIN
from hardy.ledger.tags import write_tags
from hardy.senders import is_in_transaction

logger = logging.getLogger(__name__)

#: PostgreSQL's channel on which rows that may start announce their queue.
CHANNEL = "hardy_job"

#: What MariaDB and MySQL answer to a key that exists (ER_DUP_ENTRY).
DUPLICATE = 1062

#: Rows that are written by one statement.
ROWS = 1000
#: What the sender says of a row.
SENT = ("id", "task", "queue", "state", "priority", "delay", "message")
#: Seconds by which a statement may have reached the database sooner than the one that looks for it.
LEEWAY = 1.0

COLUMNS = "id, task, queue, state, priority, enqueued_at, due_at, worker, token, attempts, crashes, message"

MISSING_TABLES = (
    "hardy's tables are missing. Add 'hardy' to INSTALLED_APPS and run: python manage.py migrate hardy"
)


class Row(NamedTuple):
    """One row to be written: its values, the columns of its origin among them, and its tags beyond the first."""

    values: list[Any]
    names: tuple[str, ...]
    more_tags: tuple[str, ...]


def enqueue(job_message: JobMessage, *, delay: float = 0.0, app: Any = None) -> bool:
    """Write the row of one job, to start after ``delay`` seconds; False if its id waits in the ledger already.

    A job that waits keeps its message: sending the same ``task_id`` twice asks once. With a broker behind the ledger,
    the row is published to ``app``'s broker once the transaction has committed.
    """
    connection = ledger_connection()
    dialect = dialect_of(connection)
    state = Job.State.HELD if delay > 0 or app is not None else Job.State.QUEUED
    values = [job_message.id, job_message.task, job_message.queue, state.value, job_message.priority]
    names, filled = job_message.origin.filled()
    row = Row(
        [*values, dialect.seconds(delay), job_message.text, *filled], names, job_message.origin.more_tags
    )
    with refusing_a_missing_ledger():
        written = _written(connection, dialect, row)
    if written and app is not None and delay <= 0:
        due = Publishable(job_message.id, job_message.queue, job_message.text, enqueued_at=time.monotonic())
        after_commit(connection, partial(publish_soon, app, due))
    if written:
        events.emit(
            events.job_enqueued, job_message.task, job=job_message.id, queue=job_message.queue, delay=delay
        )
    return written


def enqueue_many(jobs: Sequence[tuple[JobMessage, float]], *, app: Any = None) -> None:
    """Write the rows of many jobs, each with its delay in seconds: all of them, or none.

    Their ids must be new. With a broker behind the ledger they are published to ``app``'s once they have committed.
    """
    connection = ledger_connection()
    dialect = dialect_of(connection)
    with (
        refusing_a_missing_ledger(),
        transaction.atomic(using=connection.alias),
        connection.cursor() as cursor,
    ):
        for start in range(0, len(jobs), ROWS):
            some = jobs[start : start + ROWS]
            origins = [job.origin.values() for job, _ in some]
            # What is empty in all of them the database fills in: most of it, most times.
            filled = [number for number, column in enumerate(zip(*origins, strict=True)) if any(column)]
            rows = [
                (*_values(dialect, *job, app), *(origin[number] for number in filled))
                for job, origin in zip(some, origins, strict=True)
            ]
            _write_many(dialect, cursor, rows, tuple(ORIGIN[number] for number in filled))
        write_tags(dialect, cursor, [(job.id, tag) for job, _ in jobs for tag in job.origin.more_tags])
        if app is not None:
            after_commit(connection, partial(_publish_all, jobs, app))
    if events.job_enqueued.receivers:
        for job, delay in jobs:
            events.emit(events.job_enqueued, job.task, job=job.id, queue=job.queue, delay=delay)


def _values(dialect: Dialect, job: JobMessage, delay: float, app: Any) -> tuple[Any, ...]:
    state = Job.State.HELD if delay > 0 or app is not None else Job.State.QUEUED
    return job.id, job.task, job.queue, state.value, job.priority, dialect.seconds(delay), job.text


def _write_many(
    dialect: Dialect, cursor: Any, rows: Sequence[tuple[Any, ...]], names: tuple[str, ...]
) -> None:
    if dialect.vendor == "postgresql":
        # As one document: the client quotes one text instead of thousands.
        cursor.execute(
            _insert_document(dialect, names),
            [json.dumps([dict(zip((*SENT, *names), row, strict=True)) for row in rows])],
        )
        return
    one = f"(%s, %s, %s, %s, %s, {dialect.now}, {dialect.later}, '', 0, 0, 0, %s{', %s' * len(names)})"
    values = ", ".join([one] * len(rows))
    cursor.execute(
        f"INSERT INTO hardy_job ({_columns(names)}) VALUES {values}", list(chain.from_iterable(rows))
    )


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join((COLUMNS, *names))


def _insert_document(dialect: Dialect, names: tuple[str, ...]) -> str:
    later = dialect.later.replace("%s", "delay")
    texts = ("message", *names)
    return (
        f"WITH enqueued AS (INSERT INTO hardy_job ({_columns(names)})"
        f" SELECT id, task, queue, state, priority, {dialect.now}, {later}, '', 0, 0, 0, {', '.join(texts)}"
        " FROM json_to_recordset(%s::json) AS sent(id text, task text, queue text, state text, priority int,"
        f" delay float8, {' text, '.join(texts)} text) RETURNING queue)"
        f" SELECT pg_notify('{CHANNEL}', queue) FROM (SELECT DISTINCT queue FROM enqueued) queues"
    )


def _publish_all(jobs: Sequence[tuple[JobMessage, float]], app: Any) -> None:
    now = time.monotonic()
    for job, delay in jobs:
        if delay <= 0:
            publish_soon(app, Publishable(job.id, job.queue, job.text, enqueued_at=now))


def _written(connection: Any, dialect: Dialect, row: Row) -> bool:
    """Write the row, on another connection if this one turns out to be dead and has no transaction to lose.

    A statement that a dead connection swallowed may have been carried out all the same. Then the job's id is known:
    it waits in the ledger, which the second statement leaves as it is, or it has been run meanwhile.
    """
    in_transaction, began = is_in_transaction(connection), time.monotonic()
    try:
        return _write(connection, dialect, row)
    except DATABASE_ERRORS as error:
        could_not_connect = connection.connection is None
        if in_transaction or could_not_connect or not is_of_the_connection(error):
            raise
        logger.info("The connection to the ledger was lost (%s); taking a new one", error)
    connection.close()
    if _has_ended_since(connection, dialect, row.values[0], time.monotonic() - began):
        return True
    return _write(connection, dialect, row)


@again_after_deadlock
def _write(connection: Any, dialect: Dialect, row: Row) -> bool:
    if not row.more_tags:
        return _write_row(connection, dialect, row)
    with transaction.atomic(using=connection.alias, savepoint=False):
        written = _write_row(connection, dialect, row)
        if written:
            with connection.cursor() as cursor:
                write_tags(dialect, cursor, [(row.values[0], tag) for tag in row.more_tags])
        return written


def _write_row(connection: Any, dialect: Dialect, row: Row) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_insert(dialect, row.names), row.values)
            return bool(cursor.rowcount == 1)
    except IntegrityError as error:
        if dialect.vendor == "mysql" and error.args[0] == DUPLICATE:
            return False
        raise


def _has_ended_since(connection: Any, dialect: Dialect, job: str, seconds: float) -> bool:
    """Return whether the job has left a run or a dead letter that was enqueued in the last ``seconds``."""
    ended = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE job = %s AND enqueued_at >= {dialect.later}"
        for table in ("hardy_run", "hardy_deadletter")
    )
    with connection.cursor() as cursor:
        cursor.execute(ended, [job, dialect.seconds(-seconds - LEEWAY)] * 2)
        return cursor.fetchone() is not None


@lru_cache(maxsize=64)
def _insert(dialect: Dialect, names: tuple[str, ...]) -> str:
    # MariaDB and MySQL count a row that was left alone as written: there the refusal itself is the answer.
    on_conflict = "" if dialect.vendor == "mysql" else dialect.on_conflict_ignore.format(key="id")
    insert = (
        f"INSERT INTO hardy_job ({_columns(names)}) VALUES"
        f" (%s, %s, %s, %s, %s, {dialect.now}, {dialect.later}, '', 0, 0, 0, %s{', %s' * len(names)}) {on_conflict}"
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
