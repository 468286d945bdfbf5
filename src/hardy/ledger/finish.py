"""Ending: what an attempt leaves behind. Every way out checks the token, so that a stale attempt records nothing.

An attempt ends in one of two ways: the row leaves the ledger (a ``Run`` remains, and a ``DeadLetter`` where a person
must look), or it goes back to wait for another attempt. On PostgreSQL each is one statement; SQLite and MariaDB, whose
statements cannot move a row, use one short transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from hardy.db.dialect import Dialect, dialect_of, ledger_connection, state_is
from hardy.db.upsert import Upsert
from hardy.ledger.delivery import start_state
from hardy.ledger.message import Envelope

RUN_COLUMNS = (
    "job, task, queue, attempt, enqueued_at, due_at, started_at, worker,"
    " finished_at, outcome, result, error_type, error, fingerprint, traceback"
)
FROM_JOB = "id, task, queue, attempts, enqueued_at, due_at, started_at, worker"

LETTER_COLUMNS = (
    "job, task, queue, attempts, enqueued_at, message, died_at, reason, error_type, error, fingerprint"
)
LETTER_FROM_JOB = "id, task, queue, attempts, enqueued_at, message"


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended, in one word, with its result or its error. ``reason`` is the dead letter's, or ''."""

    outcome: str
    result: str = ""
    error_type: str = ""
    error: str = ""
    fingerprint: str = ""
    traceback: str = ""
    reason: str = ""
    #: False: the attempt does not count (a snooze).
    counts: bool = True
    #: Rows that are written if, and only if, this end is.
    beside: tuple[Upsert, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may end an attempt: ``worker``, of the row whose token is one of ``tokens`` (first, last)."""

    job: str
    worker: str
    tokens: tuple[int, int]
    states: tuple[str, ...] = ("running",)

    @property
    def condition(self) -> str:
        mine = f"(worker = %s OR {state_is('held', 'queued')})"
        return f"id = %s AND token BETWEEN %s AND %s AND {mine} AND {state_is(*self.states)}"

    @property
    def params(self) -> list[Any]:
        return [self.job, *self.tokens, self.worker]


class Overtaken(Exception):
    """The row has another token, or is gone: someone else has decided what became of this attempt."""


def end(holder: Holder, ending: Ending, *, wait_for_disk: bool = True) -> bool:
    """Move the row out of the ledger; False if the holder was overtaken, and then nothing is written.

    ``wait_for_disk=False`` lets PostgreSQL answer before its log is on disk: after a crash of the database the attempt
    is simply not recorded, and runs again.
    """
    dialect = dialect_of(ledger_connection())
    leave = f"DELETE FROM hardy_job WHERE {holder.condition}"
    returning = f"{leave} RETURNING *" if dialect.moves_rows else leave
    return _write(dialect, returning, holder.params, holder, ending, wait_for_disk)


def hold(
    holder: Holder, ending: Ending, envelope: Envelope | None, delay: float, *, wait_for_disk: bool = True
) -> bool:
    """Record the attempt and let the row wait ``delay`` seconds for the next one, with a new message if given."""
    dialect = dialect_of(ledger_connection())
    sets = f"state = '{'held' if delay > 0 else start_state()}', worker = '', crashes = 0, due_at = {dialect.later}"
    params: list[Any] = [dialect.seconds(delay)]
    if not ending.counts:
        sets += ", attempts = hardy_job.attempts - 1"
    if envelope is not None:
        sets += ", task = %s, queue = %s, priority = %s, message = %s"
        params += [envelope.task, envelope.queue, envelope.priority, envelope.text]
    return _write(
        dialect, _stay(dialect, holder, sets), params + holder.params, holder, ending, wait_for_disk
    )


def _stay(dialect: Dialect, holder: Holder, sets: str) -> str:
    if not dialect.moves_rows:
        return f"UPDATE hardy_job SET {sets} WHERE {holder.condition}"
    # RETURNING names the row as it will be; the run must tell of the row as it was.
    before = f"(SELECT * FROM hardy_job WHERE {holder.condition} FOR UPDATE) AS old"
    return f"UPDATE hardy_job SET {sets} FROM {before} WHERE hardy_job.id = old.id RETURNING old.*"


def _write(
    dialect: Dialect, change: str, params: list[Any], holder: Holder, ending: Ending, wait_for_disk: bool
) -> bool:
    if dialect.moves_rows:
        return _write_in_one(dialect, change, params, ending, wait_for_disk)
    return _write_in_two(dialect, change, params, holder, ending)


def _write_in_one(
    dialect: Dialect, change: str, params: list[Any], ending: Ending, wait_for_disk: bool
) -> bool:
    parts = [f"changed AS ({change})", f"ran AS ({_insert_run(dialect, 'changed')})"]
    values = [*params, *_run_values(ending)]
    if ending.reason:
        parts.append(f"letter AS ({_insert_letter(dialect, 'changed')})")
        values += _letter_values(ending)
    for number, row in enumerate(ending.beside):
        parts.append(f"beside_{number} AS ({row.statement('changed')})")
        values += row.values
    quick_part, condition = ("", "") if wait_for_disk else (dialect.quick_part, dialect.quick_condition)
    statement = f"WITH {', '.join(parts)}{quick_part} SELECT id FROM changed WHERE true{condition}"
    with ledger_connection().cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None


def _write_in_two(dialect: Dialect, change: str, params: list[Any], holder: Holder, ending: Ending) -> bool:
    connection = ledger_connection()
    source = f"hardy_job WHERE {holder.condition}"
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(_insert_run(dialect, source), [*_run_values(ending), *holder.params])
            if ending.reason:
                cursor.execute(_insert_letter(dialect, source), [*_letter_values(ending), *holder.params])
            cursor.execute(change, params)
            if cursor.rowcount != 1:
                raise Overtaken(holder.job)
            for write in ending.beside:
                write()
    except Overtaken:
        return False
    return True


def _insert_run(dialect: Dialect, source: str) -> str:
    return (
        f"INSERT INTO hardy_run ({RUN_COLUMNS})"
        f" SELECT {FROM_JOB}, {dialect.now}, %s, %s, %s, %s, %s, %s FROM {source}"
    )


def _run_values(ending: Ending) -> list[str]:
    return [
        ending.outcome,
        ending.result,
        ending.error_type,
        ending.error,
        ending.fingerprint,
        ending.traceback,
    ]


def _insert_letter(dialect: Dialect, source: str) -> str:
    return (
        f"INSERT INTO hardy_deadletter ({LETTER_COLUMNS})"
        f" SELECT {LETTER_FROM_JOB}, {dialect.now}, %s, %s, %s, %s FROM {source}"
    )


def _letter_values(ending: Ending) -> list[str]:
    return [ending.reason, ending.error_type, ending.error, ending.fingerprint]
