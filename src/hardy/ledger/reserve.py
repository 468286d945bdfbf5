"""Reserving: due rows handed to a worker in one atomic batch, in priority then due order; and giving them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db import transaction

from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import Dialect, dialect_of, ledger_connection
from hardy.ledger.delivery import start_state
from hardy.ledger.enqueue import CHANNEL


class Reserved(NamedTuple):
    """One row that was handed over: what a delivery needs."""

    id: str
    queue: str
    token: int
    attempts: int
    message: str


FIELDS = "id, queue, token, attempts, message"


@again_after_deadlock
def reserve(worker: str, queues: Sequence[str], limit: int) -> list[Reserved]:
    """Hand up to ``limit`` startable rows of ``queues`` to ``worker``, the most urgent and longest due first."""
    if not queues or limit < 1:
        return []
    connection = ledger_connection()
    dialect = dialect_of(connection)
    if dialect.returns_updates:
        with connection.cursor() as cursor:
            cursor.execute(
                _reserve_in_one(dialect, len(queues)), [*_next_params(queues, limit), limit, worker]
            )
            return [Reserved(*row[:5]) for row in sorted(cursor.fetchall(), key=_urgency)]
    return _reserve_in_two(connection, dialect, worker, queues, limit)


@again_after_deadlock
def promote() -> int:
    """Queue every held row whose time has come; return how many."""
    connection = ledger_connection()
    dialect = dialect_of(connection)
    with connection.cursor() as cursor:
        # Looking first keeps idle processes from taking SQLite's write lock.
        cursor.execute(
            f"SELECT 1 FROM hardy_job WHERE state = 'held' AND due_at <= {dialect.now} LIMIT 1", []
        )
        if cursor.fetchone() is None:
            return 0
        due = f"UPDATE hardy_job SET state = 'queued' WHERE state = 'held' AND due_at <= {dialect.now}"
        cursor.execute(announced(dialect, due), [])
        return int(cursor.rowcount)


@again_after_deadlock
def release(worker: str, ids: Collection[str] | None = None) -> int:
    """Give back what ``worker`` has reserved and not started: all of it, or only ``ids``; return how many."""
    connection = ledger_connection()
    dialect = dialect_of(connection)
    back = f"UPDATE hardy_job SET {_given_back(dialect)} WHERE worker = %s AND state = 'reserved'"
    params: list[Any] = [worker]
    if ids is not None:
        if not ids:
            return 0
        back += f" AND id IN ({', '.join(['%s'] * len(ids))})"
        params += ids
    with connection.cursor() as cursor:
        cursor.execute(announced(dialect, back), params)
        return int(cursor.rowcount)


def _given_back(dialect: Dialect) -> str:
    """Where the ledger is the broker a row keeps its place. A broker has none for it: it is due anew, from now on."""
    state = start_state()
    return f"state = '{state}', worker = ''" + (f", due_at = {dialect.now}" if state == "held" else "")


def announced(dialect: Dialect, update: str) -> str:
    """Return ``update``, on PostgreSQL with the news that its rows may start."""
    if dialect.vendor != "postgresql":
        return update
    return f"WITH moved AS ({update} RETURNING queue) SELECT pg_notify('{CHANNEL}', queue) FROM moved"


def _next_in_queue(dialect: Dialect) -> str:
    """One queue's next rows. Each queue is read from the front of the index: cost does not grow with the backlog."""
    return (
        "SELECT * FROM (SELECT id, priority, due_at FROM hardy_job WHERE queue = %s AND state = 'queued'"
        f" ORDER BY priority DESC, due_at LIMIT %s {dialect.skip_locked}) next"
    )


def _next_rows(dialect: Dialect, queues: int) -> str:
    union = " UNION ALL ".join([_next_in_queue(dialect)] * queues)
    return f"SELECT id FROM ({union}) candidates ORDER BY priority DESC, due_at LIMIT %s"


def _next_params(queues: Sequence[str], limit: int) -> list[Any]:
    return [value for queue in queues for value in (queue, limit)]


def _reserve_in_one(dialect: Dialect, queues: int) -> str:
    # WITH, not IN (SELECT ... LIMIT): PostgreSQL may run such a subquery more than once and lock more than the limit.
    # A reservation that a database crash forgets is made again, so its commit need not wait for the disk.
    return (
        f"WITH next AS ({_next_rows(dialect, queues)}){dialect.async_commit_cte}"
        " UPDATE hardy_job SET state = 'reserved', worker = %s"
        f" WHERE id IN (SELECT id FROM next){dialect.async_commit_condition} RETURNING {FIELDS}, priority, due_at"
    )


def _reserve_in_two(
    connection: Any, dialect: Dialect, worker: str, queues: Sequence[str], limit: int
) -> list[Reserved]:
    """MariaDB and MySQL cannot return updated rows: lock them, then mark them, in one short transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        rows: list[tuple[Any, ...]] = []
        for queue in queues:
            cursor.execute(
                # By the index, or InnoDB sorts, and locks, every row that waits.
                f"SELECT {FIELDS}, priority, due_at FROM hardy_job FORCE INDEX (hardy_job_next)"
                f" WHERE queue = %s AND state = 'queued' ORDER BY priority DESC, due_at LIMIT %s {dialect.skip_locked}",
                [queue, limit],
            )
            rows += cursor.fetchall()
        chosen = [Reserved(*row[:5]) for row in sorted(rows, key=_urgency)[:limit]]
        if chosen:
            marks = ", ".join(["%s"] * len(chosen))
            cursor.execute(
                f"UPDATE hardy_job SET state = 'reserved', worker = %s WHERE id IN ({marks})",
                [worker, *(row.id for row in chosen)],
            )
        return chosen


def _urgency(row: tuple[Any, ...]) -> tuple[int, Any]:
    *_, priority, due = row
    return -priority, due
