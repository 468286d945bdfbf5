"""Draining: everything that waits is run, as a worker would, until nothing is due any more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from celery import signals

from hardy import events
from hardy.ledger import identity
from hardy.ledger.models import Job, Run
from hardy.ledger.reserve import Reserved, promote, release, reserve
from hardy.testing.clock import Clock
from hardy.testing.commits import Commits
from hardy.testing.enqueued import utc
from hardy.testing.worker import Delivery, Ran


@dataclass(slots=True)
class Drained:
    """What one ``drain()`` ran, in this order."""

    runs: list[Ran] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Ran]:
        return iter(self.runs)

    def count(self, outcome: str) -> int:
        """Return how many attempts ended like this."""
        return sum(run.outcome == outcome for run in self.runs)

    @property
    def dead(self) -> list[Ran]:
        """The attempts that left a dead letter."""
        return [run for run in self.runs if run.dead]

    def raise_the_dead(self) -> None:
        """Raise what the first task raised that failed for good."""
        for run in self.dead:
            error = run.error or AssertionError(f"{run} and is a dead letter: {run.dead}")
            error.add_note(
                f"raised by {run}, attempt {run.attempt}; drain(raising=False) keeps the dead letter"
            )
            raise error


#: Rows taken at a time, as a worker takes them.
BATCH = 10


class Drain:
    """The worker of one test."""

    def __init__(self, app: Any, clock: Clock, commits: Commits) -> None:
        self.app, self.clock, self.commits = app, clock, commits
        #: Every attempt since the test began.
        self.history: list[Ran] = []
        self._current: Ran | None = None
        self._queues: list[str] = []
        self._put_off: set[str] = set()
        self._reserved: deque[Reserved] = deque()

    def run(self, *, retries: bool, later: bool, most: int) -> Drained:
        """Run what is due, and what follows; ``most`` attempts at the most."""
        drained = Drained()
        try:
            with self._listening():
                while (row := self._next(retries=retries, later=later)) is not None:
                    if len(drained) == most:
                        raise _endless(drained)
                    drained.runs.append(self._attempt(row))
        finally:
            self._give_back()
        return drained

    def next_row(self) -> Reserved | None:
        """Reserve the next row that is due now, if there is one."""
        try:
            return self._next(retries=False, later=False)
        finally:
            self._give_back()

    def attempt(self, row: Reserved) -> Ran:
        """Run one row that was reserved, and return how it ended."""
        with self._listening():
            return self._attempt(row)

    def _attempt(self, row: Reserved) -> Ran:
        delivery = Delivery(self.app, self.clock, row)
        self._current = ran = delivery.describe()
        self.history.append(ran)
        with self.commits.as_autocommit(delivery.request.task):
            delivery.run()
        self.commits.settle("drain()")
        ran.outcome = ran.outcome or self._outcome_of(ran)
        if ran.outcome in ("retried", "snoozed", "replaced"):
            self._put_off.add(ran.id)
        return ran

    def _next(self, *, retries: bool, later: bool) -> Reserved | None:
        self.commits.settle("drain()")
        while (row := self._due()) is None:
            moment = self.next_moment(retries=retries, later=later)
            if moment is None:
                return None
            self.clock.move_to(moment)
        return row

    def _due(self) -> Reserved | None:
        if not self._reserved:
            promote()
            self._reserved.extend(self._reserve())
        return self._reserved.popleft() if self._reserved else None

    def _reserve(self) -> list[Reserved]:
        rows = reserve(identity.name(), self._queues, BATCH)
        if not rows and self._queues != (found := self._waiting_queues()):
            self._queues = found
            rows = reserve(identity.name(), self._queues, BATCH)
        return rows

    def _give_back(self) -> None:
        """Let what was taken along, and not begun, wait again."""
        if self._reserved:
            release(identity.name(), [row.id for row in self._reserved])
            self._reserved.clear()

    def _waiting_queues(self) -> list[str]:
        return sorted(Job.objects.values_list("queue", flat=True).distinct())

    def next_moment(self, *, retries: bool = False, later: bool = False) -> datetime | None:
        """Return when the next job is due that waits for its time: of those put off by their own run, or of all."""
        held = Job.objects.filter(state=Job.State.HELD).order_by("due_at")
        due = held.values_list("id", "due_at")
        return next((utc(at) for id, at in due if later or (retries and id in self._put_off)), None)

    def _outcome_of(self, ran: Ran) -> str:
        """What the history says of a job that ended before its body: revoked, or expired."""
        runs = Run.objects.filter(job=ran.id)
        return runs.order_by("-id").values_list("outcome", flat=True).first() or ""

    @contextmanager
    def _listening(self) -> Iterator[None]:
        with ExitStack() as subscriptions:
            for signal, receiver in (
                (signals.task_failure, self._note_error),
                (events.job_finished, self._note_outcome),
                (events.job_rescheduled, self._note_outcome),
                (events.job_rescued, self._note_lost),
                (events.job_died, self._note_death),
            ):
                subscriptions.enter_context(_connected(signal, receiver))
            yield

    def _note_error(self, exception: BaseException, task_id: str, **_: Any) -> None:
        if self._current is not None and self._current.id == task_id:
            self._current.error = exception

    def _note_outcome(self, job: str, outcome: str, **_: Any) -> None:
        if self._current is not None and self._current.id == job:
            self._current.outcome = outcome

    def _note_lost(self, job: str, **_: Any) -> None:
        self._note_outcome(job, "lost")

    def _note_death(self, job: str, reason: str, **_: Any) -> None:
        if self._current is not None and self._current.id == job:
            self._current.dead = reason
            self._current.outcome = self._current.outcome or "failed"


def _endless(drained: Drained) -> AssertionError:
    return AssertionError(
        f"After {len(drained)} attempts there is still something to run; the last one was {drained.runs[-1]}. "
        "Does a task enqueue itself, or snooze for ever? drain(most=...) allows more."
    )


@contextmanager
def _connected(signal: Any, receiver: Callable[..., None]) -> Iterator[None]:
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)
