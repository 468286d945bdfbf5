"""Claiming: one conditional UPDATE before the body runs. It counts the attempt, takes the token, names the worker."""

from __future__ import annotations

from functools import cache
from typing import Any

from hardy import events
from hardy.attempt import Attempt
from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import Dialect, dialect_of, ledger_connection, state_is

#: Whether claims say how long the job has waited. Off, it costs nothing; on, one more value of the same statement, and
#: on MariaDB and MySQL, where an UPDATE returns nothing, one more statement.
_measures_waits = False


def measure_waits(measure: bool = True) -> None:
    """From now on the event ``job_started`` says in this process how long the job has waited since it was due."""
    global _measures_waits
    _measures_waits = measure


@again_after_deadlock
def claim(job: str, task: str, worker: str, *, token: int, attempts: int) -> Attempt | None:
    """Start an attempt of ``job``, or return None: a second delivery finds the token taken, or the row gone.

    ``token`` and ``attempts`` are what the delivered message's ledger header says.
    """
    connection = ledger_connection()
    dialect = dialect_of(connection)
    asks = _measures_waits and dialect.returns_updates
    with connection.cursor() as cursor:
        cursor.execute(_claim(dialect) + (_waited(dialect) if asks else ""), [worker, job, token])
        row = cursor.fetchone() if asks else None
        if row is None and (asks or cursor.rowcount != 1):
            return None
        if _measures_waits and not asks:
            row = _asked_apart(cursor, dialect, job)
    attempt = Attempt(job, task, token + 1, attempts + 1, worker)
    waited = max(0.0, float(row[0])) if row else None
    events.emit(events.job_started, task, job=job, token=attempt.token, attempt=attempt.number, waited=waited)
    return attempt


def _waited(dialect: Dialect) -> str:
    return " RETURNING " + dialect.elapsed.format(earlier="due_at", later="started_at")


def _asked_apart(cursor: Any, dialect: Dialect, job: str) -> Any:
    elapsed = dialect.elapsed.format(earlier="due_at", later="started_at")
    cursor.execute(f"SELECT {elapsed} FROM hardy_job WHERE id = %s", [job])
    return cursor.fetchone()


@cache
def _claim(dialect: Dialect) -> str:
    # A held row may be claimed: its message has the right token, so a worker was quicker than the mark "published".
    # Unless it is not due: then it was moved to a later time after it was published.
    # A claim that a database crash forgets only means one more run, so its commit need not wait for the disk.
    quick = f"WITH {dialect.async_commit_cte.removeprefix(', ')} " if dialect.async_commit_cte else ""
    # Said in a form that no index serves, as state_is does: the row is found by its id.
    is_due = f"CASE WHEN due_at <= {dialect.now} THEN 1 ELSE 0 END = 1"
    claimable = f"{state_is('held', 'queued', 'reserved')} AND {is_due}"
    return (
        f"{quick}UPDATE hardy_job SET state = 'running', worker = %s, started_at = {dialect.now},"
        " token = token + 1, attempts = attempts + 1"
        f" WHERE id = %s AND token = %s AND {claimable}{dialect.async_commit_condition}"
    )
