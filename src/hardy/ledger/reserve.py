"""Reserving: due rows handed to a worker in one atomic batch, the most urgent first; and giving them back.

Queues take turns among rows of equal priority, whatever waits in each of them: one job in a short queue does not wait
for all of a long one. Within a queue the longest due comes first.

Behind an open transaction of hours PostgreSQL keeps every row that was taken meanwhile, and its index entries, in front
of those that wait. `hardy.transport.bookmarks` remembers how far a queue has been read, and has `reserve` begin there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
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
    priority: int = 0
    due_at: datetime | None = None


#: Where to begin in each queue: the time when the last row of each priority that was taken was due.
Bookmarks = Mapping[str, Mapping[int, datetime]]

FIELDS = "id, queue, token, attempts, message"
NOWHERE: Bookmarks = {}


@again_after_deadlock
def reserve(worker: str, queues: Sequence[str], limit: int, begin: Bookmarks = NOWHERE) -> list[Reserved]:
    """Hand up to ``limit`` startable rows of ``queues`` to ``worker``, in the order in which they should start.

    The most urgent come first; among equals the queues take turns in the order they are given in. With bookmarks rows
    of a priority that were due before its bookmark are passed over, on PostgreSQL.
    """
    if not queues or limit < 1:
        return []
    connection = ledger_connection()
    dialect = dialect_of(connection)
    if dialect.returns_updates:
        with connection.cursor() as cursor:
            cursor.execute(*_reserve_in_one(dialect, worker, queues, limit, begin))
            return _in_turn(cursor.fetchall(), queues)
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


class Part(NamedTuple):
    """Some rows of one queue that lie together in the index, as a condition."""

    turn: int
    queue: str
    condition: str = ""
    params: tuple[Any, ...] = ()


def _parts(queues: Sequence[str], begin: Bookmarks) -> Iterator[Part]:
    """Each queue as a whole; or, with bookmarks, each priority from its bookmark on, and all that has none."""
    for turn, queue in enumerate(queues):
        bookmarks = begin.get(queue)
        if not bookmarks:
            yield Part(turn, queue)
            continue
        above: tuple[str, tuple[Any, ...]] = "", ()
        for priority, due_at in sorted(bookmarks.items(), reverse=True):
            yield Part(turn, queue, f"{above[0]} AND priority > %s", (*above[1], priority))
            yield Part(turn, queue, " AND priority = %s AND due_at >= %s", (priority, due_at))
            above = " AND priority < %s", (priority,)
        yield Part(turn, queue, *above)


def _next_of(dialect: Dialect, part: Part) -> str:
    """The next rows of a part. It is read from the front of the index: cost does not grow with the backlog."""
    return (
        f"SELECT *, {part.turn} AS turn FROM ("
        f"SELECT id, priority, due_at FROM hardy_job WHERE queue = %s AND state = 'queued'{part.condition}"
        f" ORDER BY priority DESC, due_at LIMIT %s {dialect.skip_locked}) next"
    )


def _next_rows(dialect: Dialect, parts: Sequence[Part]) -> str:
    """The first of each queue, then the second of each, and so on; as `_in_turn` has it."""
    union = " UNION ALL ".join(_next_of(dialect, part) for part in parts)
    if len(parts) == 1:
        return f"SELECT id FROM ({union}) candidates LIMIT %s"
    place = "row_number() OVER (PARTITION BY turn, priority ORDER BY due_at)"
    return (
        f"SELECT id FROM (SELECT id, priority, turn, {place} AS place FROM ({union}) candidates) placed"
        " ORDER BY priority DESC, place, turn LIMIT %s"
    )


def _reserve_in_one(
    dialect: Dialect, worker: str, queues: Sequence[str], limit: int, begin: Bookmarks
) -> tuple[str, list[Any]]:
    # WITH, not IN (SELECT ... LIMIT): PostgreSQL may run such a subquery more than once and lock more than the limit.
    # A reservation that a database crash forgets is made again, so its commit need not wait for the disk.
    parts = list(_parts(queues, begin if dialect.skip_locked else NOWHERE))
    params = [value for part in parts for value in (part.queue, *part.params, limit)]
    return (
        f"WITH next AS ({_next_rows(dialect, parts)}){dialect.async_commit_cte}"
        " UPDATE hardy_job SET state = 'reserved', worker = %s"
        f" WHERE id IN (SELECT id FROM next){dialect.async_commit_condition} RETURNING {FIELDS}, priority, due_at"
    ), [*params, limit, worker]


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
        chosen = _in_turn(rows, queues)[:limit]
        if chosen:
            marks = ", ".join(["%s"] * len(chosen))
            cursor.execute(
                f"UPDATE hardy_job SET state = 'reserved', worker = %s WHERE id IN ({marks})",
                [worker, *(row.id for row in chosen)],
            )
        return chosen


def _in_turn(rows: Sequence[tuple[Any, ...]], queues: Sequence[str]) -> list[Reserved]:
    """Order what the database returned by priority, by a row's place among its equals in its queue, and by turn."""
    turns = {queue: turn for turn, queue in enumerate(queues)}
    passed: dict[tuple[int, int], int] = {}
    placed = []
    for row in sorted(rows, key=itemgetter(-1)):  # the longest due first
        turn, priority = turns[row[1]], row[-2]
        place = passed[turn, priority] = passed.get((turn, priority), 0) + 1
        placed.append((-priority, place, turn, row))  # no two are equal in the first three
    placed.sort()
    return [Reserved(*row) for *_, row in placed]
