"""Jobs that wait, as a test looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kombu import serialization

from hardy.dead_letters.decoding import open_letter
from hardy.ledger.models import Job

#: How far a due time may be from the one that a test expects: an eta is counted by one clock, a countdown by another.
NEAR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Enqueued:
    """One job that waits: its call as a worker will read it, and when it may start."""

    id: str
    task: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    queue: str
    priority: int
    state: str
    enqueued_at: datetime
    due: datetime
    headers: Mapping[str, Any]

    @property
    def after(self) -> timedelta:
        """How long after it was enqueued it may start."""
        return max(self.due - self.enqueued_at, timedelta(0))

    def __str__(self) -> str:
        when = f" after {self.after}" if self.after > NEAR else ""
        return f"{call(self.task, self.args, self.kwargs)} in queue {self.queue}{when}"


def call(task: str, args: Iterable[Any], kwargs: Mapping[str, Any]) -> str:
    """Return a call as Python writes it: ``orders.pack(7, fast=True)``."""
    written = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
    return f"{task}({', '.join(written)})"


def waiting(app: Any) -> list[Enqueued]:
    """Return every job of the ledger, in the order in which they were enqueued."""
    jobs = Job.objects.order_by("enqueued_at", "due_at", "id")
    return [_opened(app, job) for job in jobs]


def _opened(app: Any, job: Job) -> Enqueued:
    contents = open_letter(app, job.message)
    return Enqueued(
        job.id, job.task, tuple(contents.args), contents.kwargs, job.queue, job.priority, job.state,
        utc(job.enqueued_at), utc(job.due_at), json.loads(job.message)["headers"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a test says of a job; what it leaves out may be anything."""

    task: str | None = None
    args: Any = None
    kwargs: Mapping[str, Any] | None = None
    queue: str | None = None
    priority: int | None = None
    after: datetime | timedelta | None = None

    def matches(self, job: Enqueued) -> bool:
        return (
            self.task in (None, job.task)
            and (self.args is None or _same(list(self.args), list(job.args)))
            and all(name in job.kwargs and _same(value, job.kwargs[name]) for name, value in self._kwargs())
            and self.queue in (None, job.queue)
            and self.priority in (None, job.priority)
            and self._is_in_time(job)
        )

    def _kwargs(self) -> Iterable[tuple[str, Any]]:
        return (self.kwargs or {}).items()

    def _is_in_time(self, job: Enqueued) -> bool:
        if self.after is None:
            return True
        if isinstance(self.after, timedelta):
            return abs(job.after - self.after) <= NEAR
        return abs(job.due - utc(self.after)) <= NEAR

    def __str__(self) -> str:
        said = [
            f"{word} {value!r}" if word == "args" else f"{word} {value}"
            for word, value in [("args", self.args), ("kwargs", self.kwargs), ("queue", self.queue),
                                ("priority", self.priority), ("after", self.after)]
            if value is not None
        ]  # fmt: skip
        return f"{self.task or 'any task'}{' with ' if said else ''}{', '.join(said)}"


def _same(expected: Any, actual: Any) -> bool:
    """Whether a worker that reads ``actual`` gets what the test wrote: a tuple is a list after its journey."""
    return bool(expected == actual) or _after_the_journey(expected) == actual


def _after_the_journey(value: Any) -> Any:
    try:
        kind, encoding, data = serialization.dumps(value, serializer="json")
        return serialization.loads(data, kind, encoding)
    except Exception:  # a codec raises what it likes; then the two differ
        return value


def utc(moment: datetime) -> datetime:
    """Return a time of the ledger, or of a test, as an aware one."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
