"""What the ledger says about workers and queues now, for status pages, health checks and people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from hardy.conf import settings
from hardy.db.clock import present, seconds_from_now, since
from hardy.ledger.models import DeadLetter, Job, Worker
from hardy.ledger.pauses import PausedQueue, paused_queues


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """One live worker or beat process."""

    name: str
    kind: str
    pid: int
    queues: list[str]
    seen_seconds_ago: float
    active: int
    #: Its whole name in the ledger, which jobs that it holds carry.
    id: str = ""
    pool: str = ""
    release: str = ""
    memory_bytes: int | None = None
    up_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """One queue: ``depth`` may start now, ``held`` waits for its time, ``running`` runs, ``dead`` needs a person."""

    name: str
    depth: int
    oldest_age_seconds: float | None
    held: int
    running: int
    dead: int
    #: Since when it is paused, and by whom; None if it is not.
    paused_at: datetime | None = None
    paused_by: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """Everything at one moment."""

    workers: list[WorkerStatus]
    queues: list[QueueStatus]


def ledger_status() -> LedgerStatus:
    """Return the live workers, and every queue that a live worker reads or that has rows."""
    workers = live_workers()
    return LedgerStatus(workers, _queues({queue for worker in workers for queue in worker.queues}))


def job_with_id(id: str) -> Job | None:
    """Return a job that is not finished, or None."""
    return Job.objects.filter(id=id).first()


def live_workers() -> list[WorkerStatus]:
    """Return the worker and beat processes whose heartbeat is fresh."""
    now = present()
    alive = Worker.objects.filter(seen_at__gte=seconds_from_now(-settings.HEARTBEAT_TIMEOUT.total_seconds()))
    return [
        WorkerStatus(
            worker.name, worker.kind, worker.pid, [name for name in worker.queues.split(",") if name],
            round(since(worker.seen_at, now).total_seconds(), 1), worker.active, worker.id, worker.pool,
            worker.release, worker.memory, round(since(worker.started_at, now).total_seconds(), 1),
        )
        for worker in alive.order_by("kind", "name", "id")
    ]  # fmt: skip


def _queues(read: Iterable[str]) -> list[QueueStatus]:
    due = Q(state__in=(Job.State.QUEUED, Job.State.RESERVED)) | Q(
        state=Job.State.HELD, due_at__lte=seconds_from_now(0)
    )
    counts = (
        Job.objects.values("queue")
        .annotate(
            depth=Count("id", filter=due),
            oldest=Min("due_at", filter=due),
            held=Count("id", filter=Q(state=Job.State.HELD, due_at__gt=seconds_from_now(0))),
            running=Count("id", filter=Q(state=Job.State.RUNNING)),
        )
        .order_by()
    )
    rows: dict[str, dict[str, Any]] = {row["queue"]: dict(row) for row in counts}
    letters = DeadLetter.objects.values("queue").annotate(dead=Count("id")).order_by()
    dead = {row["queue"]: row["dead"] for row in letters}
    now, paused = present(), paused_queues()
    return [
        _queue(name, rows.get(name, {}), dead.get(name, 0), now, paused.get(name))
        for name in sorted({*rows, *dead, *read, *paused})
    ]


def _queue(name: str, row: dict[str, Any], dead: int, now: Any, pause: PausedQueue | None) -> QueueStatus:
    oldest = row.get("oldest")
    age = None if oldest is None else round(max(0.0, (now - oldest).total_seconds()), 1)
    since, by = (pause.paused_at, pause.by) if pause else (None, None)
    counts = row.get("held", 0), row.get("running", 0), dead
    return QueueStatus(name, row.get("depth", 0), age, *counts, since, by)
