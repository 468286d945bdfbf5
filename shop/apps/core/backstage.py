"""What goes on behind the counter, read from the ledger: who works, what waits, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min
from django.utils import timezone

from hardy.ledger.models import Job, Run
from hardy.ledger.queries import LedgerStatus, ledger_status

LATEST = 30
SOON = 10


@dataclass(frozen=True)
class TaskRun:
    """One attempt at a task, as a visitor reads it."""

    task: str
    outcome: str
    attempt: int
    finished: datetime
    worker: str
    error: str
    took: timedelta | None

    @classmethod
    def of(cls, run: Run) -> TaskRun:
        took = run.finished_at - run.started_at if run.started_at else None
        return cls(run.task, run.outcome, run.attempt, run.finished_at, run.worker, run.error, took)

    @property
    def milliseconds(self) -> int | None:
        return None if self.took is None else round(self.took.total_seconds() * 1000)


class Planned(NamedTuple):
    """Jobs of one task whose time has not come."""

    task: str
    count: int
    next: datetime


@dataclass(frozen=True)
class Backstage:
    """Everything at one moment."""

    fleet: LedgerStatus
    runs: list[TaskRun]
    going_on: list[Job]
    planned: list[Planned]

    @classmethod
    def now(cls) -> Backstage:
        jobs = Job.objects.defer("message")
        return cls(
            ledger_status(),
            [TaskRun.of(run) for run in Run.objects.defer("result", "traceback").order_by("-pk")[:LATEST]],
            list(jobs.exclude(state=Job.State.HELD).order_by("-state", "due_at")[:SOON]),
            planned(),
        )

    @property
    def workers(self) -> int:
        return sum(worker.kind == "worker" for worker in self.fleet.workers)

    @property
    def running(self) -> int:
        return sum(queue.running for queue in self.fleet.queues)

    @property
    def waiting(self) -> int:
        return sum(queue.depth for queue in self.fleet.queues)

    @property
    def held(self) -> int:
        return sum(queue.held for queue in self.fleet.queues)


def planned() -> list[Planned]:
    held = (
        Job.objects.filter(state=Job.State.HELD)
        .values("task")
        .annotate(count=Count("pk"), next=Min("due_at"))
    )
    return [Planned(**task) for task in held.order_by("next", "task")[:SOON]]


def is_going_on(prefix: str) -> bool:
    """Whether tasks whose names begin like this are running, or may start now."""
    return Job.objects.filter(task__startswith=prefix, due_at__lte=timezone.now()).exists()
