"""What waits and runs in each queue, counted up to a limit, in as many statements on a full ledger as on an empty one.

`queries.ledger_status` counts to the end, for scripts; this is for pages that people look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hardy.db.clock import present
from hardy.db.counting import COUNTED, Counted, count_up_to
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.queries import WorkerStatus, live_workers

#: Queues that a page shows; whoever has more has named queues after customers, and wants another page.
MOST_QUEUES = 100

NONE = Counted(0)


@dataclass(frozen=True, slots=True)
class QueueOverview:
    """One queue: jobs that may start now, how long the oldest of those looked at has waited, and what else it holds."""

    name: str
    waiting: Counted
    oldest_seconds: float | None
    later: Counted
    running: Counted
    #: Live workers that read it.
    workers: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The ledger at one moment, by the database's clock."""

    now: datetime
    workers: list[WorkerStatus]
    queues: list[QueueOverview]
    dead: Counted

    @property
    def readers(self) -> list[WorkerStatus]:
        """Processes that run tasks; a beat process does not."""
        return [worker for worker in self.workers if worker.kind == "worker"]

    @property
    def waiting(self) -> Counted:
        return Counted.sum(queue.waiting for queue in self.queues)

    @property
    def later(self) -> Counted:
        return Counted.sum(queue.later for queue in self.queues)

    @property
    def running(self) -> Counted:
        return Counted.sum(queue.running for queue in self.queues)

    @property
    def oldest_seconds(self) -> float | None:
        """How long the oldest job that may start has waited."""
        ages = [queue.oldest_seconds for queue in self.queues if queue.oldest_seconds is not None]
        return max(ages, default=None)


def overview() -> Overview:
    """Return the live workers, and every queue that one of them reads or that has rows."""
    now, workers = present(), live_workers()
    read = [name for worker in workers for name in worker.queues]
    names = sorted({*queue_names(), *read})[:MOST_QUEUES]
    dead = count_up_to(DeadLetter.objects.all())
    return Overview(now, workers, _queues(names, read, now), dead)


def queue_names() -> list[str]:
    """Return the queues that have rows, each found by one step in the index."""
    names = """
        WITH RECURSIVE names (queue) AS (
            SELECT MIN(queue) FROM hardy_job
            UNION ALL
            SELECT (SELECT MIN(job.queue) FROM hardy_job job WHERE job.queue > names.queue)
            FROM names WHERE names.queue IS NOT NULL
        )
        SELECT queue FROM names WHERE queue IS NOT NULL LIMIT %s
    """
    with ledger_connection().cursor() as cursor:
        cursor.execute(names, [MOST_QUEUES])
        return [name for (name,) in cursor.fetchall()]


def _queues(names: Sequence[str], read: Sequence[str], now: datetime) -> list[QueueOverview]:
    found = _counts(names)
    due = _held_and_due()
    return [_queue(name, found, due.get(name), read.count(name), now) for name in names]


def _queue(
    name: str, found: dict[tuple[str, str], Any], due: Any, workers: int, now: datetime
) -> QueueOverview:
    may_start = [found.get((name, state)) for state in (Job.State.QUEUED, Job.State.RESERVED)] + [due]
    waiting = [(Counted.of(count), oldest) for count, oldest in filter(None, may_start)]
    oldest = min((moment for _, moment in waiting if moment is not None), default=None)
    later, running = (found.get((name, state), (0, None))[0] for state in (Job.State.HELD, Job.State.RUNNING))
    return QueueOverview(
        name,
        Counted.sum(count for count, _ in waiting),
        None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        Counted.of(later),
        Counted.of(running),
        workers,
    )


def _counts(names: Sequence[str]) -> dict[tuple[str, str], tuple[int, datetime | None]]:
    """Count the rows of each queue and state; of held ones those whose time has not come."""
    if not names:
        return {}
    connection = ledger_connection()
    later = f" AND due_at > {dialect_of(connection).now}"
    count = (
        "SELECT %s, %s, COUNT(*), MIN(due_at)"
        " FROM (SELECT due_at FROM hardy_job WHERE queue = %s AND state = %s{also} LIMIT %s) AS counted"
    )
    parts: list[str] = []
    params: list[str | int] = []
    for name in names:
        for state in Job.State.values:
            parts.append(count.format(also=later if state == Job.State.HELD else ""))
            params += [name, str(state), name, str(state), COUNTED + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return {(queue, state): (count, moment(oldest)) for queue, state, count, oldest in cursor.fetchall()}


def _held_and_due() -> dict[str, tuple[int, datetime | None]]:
    """Count what waits to be published, or promoted: usually nothing."""
    connection = ledger_connection()
    due = (
        "SELECT queue, COUNT(*), MIN(due_at) FROM (SELECT queue, due_at FROM hardy_job"
        f" WHERE state = 'held' AND due_at <= {dialect_of(connection).now} ORDER BY due_at LIMIT %s) AS counted"
        " GROUP BY queue"
    )
    with connection.cursor() as cursor:
        cursor.execute(due, [COUNTED + 1])
        return {queue: (count, moment(oldest)) for queue, count, oldest in cursor.fetchall()}


def moment(said: Any) -> datetime | None:
    """Return a time as a cursor gives it, in UTC where the database keeps no zone."""
    read = datetime.fromisoformat(said) if isinstance(said, str) else said
    return read.replace(tzinfo=UTC) if read is not None and read.tzinfo is None else read
