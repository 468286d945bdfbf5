"""The one exit: whatever ends an attempt, or a job that never began, passes `finish` or `put_back`.

A job ends in one of two ways: the row leaves the ledger (a ``Run`` remains, and a ``DeadLetter`` where a person must
look), or it goes back to wait for another attempt. Every way out checks the fencing token, so that a stale attempt
records nothing, and sends its events once, when what was written has been committed.

On PostgreSQL each is one statement; SQLite and MariaDB, whose statements cannot move a row, use one short transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from hardy import events
from hardy.db.dialect import Dialect, dialect_of, ledger_connection, state_is
from hardy.db.upsert import Upsert
from hardy.ledger.delivery import start_state
from hardy.ledger.message import JobMessage
from hardy.ledger.models import Run
from hardy.ledger.record import NOTHING_MEASURED, ORIGIN, USAGE, Usage

#: What a run takes over from its job's row, in the order of :data:`FROM_JOB`; when it ended; and what the end says.
ENDING = ("outcome", "result", "error_type", "error", "fingerprint", "traceback", *USAGE)
RUN_COLUMNS = ", ".join(
    ("job, task, queue, attempt, enqueued_at, due_at, started_at, worker", *ORIGIN, "finished_at", *ENDING)
)
FROM_JOB = ", ".join(("id, task, queue, attempts, enqueued_at, due_at, started_at, worker", *ORIGIN))
MARKS = ", ".join(["%s"] * len(ENDING))

LETTER_COLUMNS = (
    "job, task, queue, attempts, enqueued_at, message, died_at, reason, error_type, error, fingerprint"
)
LETTER_FROM_JOB = "id, task, queue, attempts, enqueued_at, message"


@dataclass(frozen=True, slots=True)
class End:
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
    #: What the attempt took, where its body has run.
    usage: Usage = NOTHING_MEASURED
    #: Rows that are written if, and only if, this end is.
    extra_rows: tuple[Upsert, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """Who may end an attempt: ``worker``, of the row whose token is one of ``tokens`` (first, last).

    ``task`` and ``attempt`` are what the events say of it.
    """

    job: str
    worker: str
    tokens: tuple[int, int]
    states: tuple[str, ...] = ("running",)
    task: str = ""
    attempt: int = 0

    @property
    def condition(self) -> str:
        mine = f"(worker = %s OR {state_is('held', 'queued')})"
        return f"id = %s AND token BETWEEN %s AND %s AND {mine} AND {state_is(*self.states)}"

    @property
    def params(self) -> list[Any]:
        return [self.job, *self.tokens, self.worker]


class FencedOff(Exception):
    """The row has another token, or is gone: someone else has decided what became of this attempt."""


def finish(claim: Claim, end: End, *, wait_for_disk: bool = True) -> bool:
    """Move the row out of the ledger; False if the claim was fenced off, and then nothing is written.

    ``wait_for_disk=False`` lets PostgreSQL answer before its log is on disk: after a crash of the database the attempt
    is simply not recorded, and runs again.
    """
    dialect = dialect_of(ledger_connection())
    leave = f"DELETE FROM hardy_job WHERE {claim.condition}"
    returning = f"{leave} RETURNING *" if dialect.moves_rows else leave
    written = _write(dialect, returning, claim.params, claim, end, wait_for_disk)
    if written:
        announce_finished(claim.job, claim.task, end, claim.attempt)
    return written


def put_back(
    claim: Claim, end: End, job_message: JobMessage | None, delay: float, *, wait_for_disk: bool = True
) -> bool:
    """Record the attempt and let the row wait ``delay`` seconds for the next one, with a new message if given.

    False if the claim was fenced off, and then nothing is written.
    """
    dialect = dialect_of(ledger_connection())
    state = "held" if delay > 0 else start_state()
    sets = f"state = '{state}', worker = '', crashes = 0, due_at = {dialect.later}"
    params: list[Any] = [dialect.seconds(delay)]
    if not end.counts:
        sets += ", attempts = hardy_job.attempts - 1"
    if job_message is not None:
        sets += ", task = %s, queue = %s, priority = %s, message = %s, arguments = %s, tag = %s"
        params += [job_message.task, job_message.queue, job_message.priority, job_message.text]
        params += [job_message.origin.arguments, job_message.origin.tag]
    params += claim.params
    written = _write(dialect, _stay(dialect, claim, sets), params, claim, end, wait_for_disk)
    if written:
        fields = {"job": claim.job, "outcome": end.outcome, "delay": delay}
        events.emit_on_commit(events.job_rescheduled, claim.task, **fields)
    return written


def record_finished(runs: Sequence[Run]) -> None:
    """Write the history of attempts that were no rows of the ledger (``durable=False``)."""
    Run.objects.bulk_create(runs)
    for run in runs:
        announce_finished(run.job, run.task, End(run.outcome, error=run.error), run.attempt)


def announce_finished(job: str, task: str, end: End, attempt: int) -> None:
    """Say, once the transaction has committed, that a job is over, and that it is a dead letter if it is one."""
    events.emit_on_commit(events.job_finished, task, job=job, outcome=end.outcome, attempt=attempt)
    if end.reason:
        events.emit_on_commit(events.job_died, task, job=job, reason=end.reason, error=end.error)


def _stay(dialect: Dialect, claim: Claim, sets: str) -> str:
    if not dialect.moves_rows:
        return f"UPDATE hardy_job SET {sets} WHERE {claim.condition}"
    # RETURNING names the row as it will be; the run must tell of the row as it was.
    before = f"(SELECT * FROM hardy_job WHERE {claim.condition} FOR UPDATE) AS old"
    return f"UPDATE hardy_job SET {sets} FROM {before} WHERE hardy_job.id = old.id RETURNING old.*"


def _write(
    dialect: Dialect, change: str, params: list[Any], claim: Claim, end: End, wait_for_disk: bool
) -> bool:
    if dialect.moves_rows:
        return _write_in_one(dialect, change, params, end, wait_for_disk)
    return _write_in_two(dialect, change, params, claim, end)


def _write_in_one(dialect: Dialect, change: str, params: list[Any], end: End, wait_for_disk: bool) -> bool:
    parts = [f"changed AS ({change})", f"ran AS ({_insert_run(dialect, 'changed')})"]
    values = [*params, *_run_values(end)]
    if end.reason:
        parts.append(f"letter AS ({_insert_letter(dialect, 'changed')})")
        values += _letter_values(end)
    for number, row in enumerate(end.extra_rows):
        parts.append(f"extra_{number} AS ({row.statement('changed')})")
        values += row.values
    cte, condition = dialect.async_commit_cte, dialect.async_commit_condition
    if wait_for_disk:
        cte = condition = ""
    statement = f"WITH {', '.join(parts)}{cte} SELECT id FROM changed WHERE true{condition}"
    with ledger_connection().cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() is not None


def _write_in_two(dialect: Dialect, change: str, params: list[Any], claim: Claim, end: End) -> bool:
    connection = ledger_connection()
    source = f"hardy_job WHERE {claim.condition}"
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(_insert_run(dialect, source), [*_run_values(end), *claim.params])
            if end.reason:
                cursor.execute(_insert_letter(dialect, source), [*_letter_values(end), *claim.params])
            cursor.execute(change, params)
            if cursor.rowcount != 1:
                raise FencedOff(claim.job)
            for write in end.extra_rows:
                write()
    except FencedOff:
        return False
    return True


def _insert_run(dialect: Dialect, source: str) -> str:
    return f"INSERT INTO hardy_run ({RUN_COLUMNS}) SELECT {FROM_JOB}, {dialect.now}, {MARKS} FROM {source}"


def _run_values(end: End) -> list[Any]:
    said = end.outcome, end.result, end.error_type, end.error, end.fingerprint, end.traceback
    return [*said, *end.usage.values()]


def _insert_letter(dialect: Dialect, source: str) -> str:
    return (
        f"INSERT INTO hardy_deadletter ({LETTER_COLUMNS})"
        f" SELECT {LETTER_FROM_JOB}, {dialect.now}, %s, %s, %s, %s FROM {source}"
    )


def _letter_values(end: End) -> list[str]:
    return [end.reason, end.error_type, end.error, end.fingerprint]
