"""What waits and runs in each queue, counted up to a limit, in as many statements on a full ledger as on an empty one.

`queries.ledger_status` counts to the end, for scripts; this is for pages that people look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hardy.db.clock import present
from hardy.db.counting import COUNTED, Counted, count_up_to
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.pauses import PausedQueue, paused_queues
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
    #: The same jobs in more detail: queued, reserved, running, due (to be published or promoted) and later.
    states: Mapping[str, Counted] = field(default_factory=dict)
    #: Since when it is paused, by whom and why; None if it is not.
    paused: PausedQueue | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The ledger at one moment, by the database's clock."""

    now: datetime
    workers: list[WorkerStatus]
    queues: list[QueueOverview]
    dead: Counted
    #: How long the oldest job has waited for somebody to publish it, or to let it start.
    outbox_lag_seconds: float = 0.0

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

    def in_state(self, state: str) -> Counted:
        """Return how many jobs of all queues are in one of the states of a :class:`QueueOverview`."""
        return Counted.sum(queue.states.get(state, NONE) for queue in self.queues)

    @property
    def oldest_seconds(self) -> float | None:
        """How long the oldest job that may start has waited."""
        ages = [queue.oldest_seconds for queue in self.queues if queue.oldest_seconds is not None]
        return max(ages, default=None)


def overview() -> Overview:
    """Return the live workers, and every queue that one of them reads or that has rows."""
    now, workers, paused = present(), live_workers(), paused_queues()
    read = [name for worker in workers for name in worker.queues]
    names = sorted({*queue_names(), *read, *paused})[:MOST_QUEUES]
    dead, due = count_up_to(DeadLetter.objects.all()), _held_and_due()
    oldest = min((moment for _, moment in due.values() if moment is not None), default=now)
    lag = max(0.0, (now - oldest).total_seconds())
    queues = [replace(queue, paused=paused.get(queue.name)) for queue in _queues(names, read, due, now)]
    return Overview(now, workers, queues, dead, lag)


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


def _queues(
    names: Sequence[str], read: Sequence[str], due: Mapping[str, Any], now: datetime
) -> list[QueueOverview]:
    found = _counts(names)
    return [_queue(name, found, due.get(name), read.count(name), now) for name in names]


def _queue(
    name: str, found: dict[tuple[str, str], Any], due: Any, workers: int, now: datetime
) -> QueueOverview:
    rows = {state: found.get((name, state), (0, None)) for state in Job.State.values}
    rows["later"], rows["due"] = rows.pop(Job.State.HELD), due or (0, None)
    states = {str(state): Counted.of(count, COUNTED) for state, (count, _) in rows.items()}
    may_start = [str(Job.State.QUEUED), str(Job.State.RESERVED), "due"]
    times = [
        _oldest_of_all(name, state) if states[state].more and state != "due" else rows[state][1]
        for state in may_start
    ]
    oldest = min((moment for moment in times if moment is not None), default=None)
    return QueueOverview(
        name,
        Counted.sum(states[state] for state in may_start),
        None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        states["later"],
        states["running"],
        workers,
        states,
    )


def _oldest_of_all(queue: str, state: str) -> datetime | None:
    """Return when the oldest of too many rows to count became due: the index is in order within each priority.

    Else a job behind thousands of more urgent ones, which may wait for ever, would be the one that nobody sees.
    """
    oldest = """
        WITH RECURSIVE urgency (priority) AS (
            SELECT MAX(priority) FROM hardy_job WHERE queue = %s AND state = %s
            UNION ALL
            SELECT (SELECT MAX(job.priority) FROM hardy_job job
                    WHERE job.queue = %s AND job.state = %s AND job.priority < urgency.priority)
            FROM urgency WHERE urgency.priority IS NOT NULL
        )
        SELECT MIN((SELECT MIN(job.due_at) FROM hardy_job job
                    WHERE job.queue = %s AND job.state = %s AND job.priority = urgency.priority))
        FROM urgency WHERE urgency.priority IS NOT NULL
    """
    with ledger_connection().cursor() as cursor:
        cursor.execute(oldest, [queue, state] * 3)
        return moment(cursor.fetchone()[0])


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
