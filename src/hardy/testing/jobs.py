"""What a test holds: the jobs that its code enqueues, and everything that can be done with them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any

from hardy.testing import workflow
from hardy.testing.clock import Clock
from hardy.testing.commits import Commits
from hardy.testing.doubles import failing
from hardy.testing.drain import Drain, Drained
from hardy.testing.enqueued import Enqueued, Wanted, waiting
from hardy.testing.proofs import Trial
from hardy.testing.session import as_a_worker_would, current_app, require_the_ledger

#: More attempts than any test means to run.
MOST = 10_000


@contextmanager
def open_jobs(app: Any = None) -> Iterator[Jobs]:
    """Open the testing kit for ``app`` (default: the current one): what is sent becomes a row, until the block ends."""
    app = app or current_app()
    clock = Clock()
    with as_a_worker_would(app), clock.telling(app):
        yield Jobs(app, clock)


class Jobs:
    """The jobs of one test."""

    def __init__(self, app: Any, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self._worker = Drain(app, clock, Commits())
        self._may_use_the_ledger = False

    # What waits

    @property
    def enqueued(self) -> list[Enqueued]:
        """Every job that waits, in the order in which they were enqueued."""
        self._settle("enqueued")
        return waiting(self.app)

    def assert_enqueued(
        self,
        task: Any = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        priority: int | None = None,
        after: datetime | timedelta | None = None,
        count: int | None = None,
    ) -> Enqueued:
        """Fail unless such a job waits; return the first one.

        ``args`` are compared whole, ``kwargs`` only as far as given. ``after`` is how long after it was enqueued the
        job may start (a ``timedelta``), or when (a ``datetime``). ``count`` asks for that many, not for one or more.
        """
        wanted = Wanted(name_of(task), args, kwargs, queue, priority, after)
        jobs = self.enqueued
        found = [job for job in jobs if wanted.matches(job)]
        if not found or count not in (None, len(found)):
            much = "No job" if not found else f"{len(found)} jobs" if len(found) > 1 else "1 job"
            asked = "" if count is None else f"; {count} expected"
            raise AssertionError(f"{much} of {wanted} waits{asked}. {told(jobs)}")
        return found[0]

    def refute_enqueued(
        self,
        task: Any = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        priority: int | None = None,
        after: datetime | timedelta | None = None,
    ) -> None:
        """Fail if such a job waits; without arguments: if any does."""
        wanted = Wanted(name_of(task), args, kwargs, queue, priority, after)
        jobs = self.enqueued
        if any(wanted.matches(job) for job in jobs):
            raise AssertionError(f"A job of {wanted} waits, and none was expected. {told(jobs)}")

    # Running it

    def drain(
        self, *, retries: bool = True, later: bool = False, raising: bool = True, most: int = MOST
    ) -> Drained:
        """Run what is due and what follows from it, as a worker would, and return every attempt.

        Time moves on by itself to each retry and snooze (``retries=False`` leaves them waiting); with ``later`` also to
        jobs that were enqueued for a later time. A task that fails for good raises here once everything has run, unless
        ``raising=False``.
        """
        self._settle("drain()")
        drained = self._drain.run(retries=retries, later=later, most=most)
        if raising:
            drained.raise_the_dead()
        return drained

    @property
    def history(self) -> list[Any]:
        """Every attempt since the test began."""
        return list(self._drain.history)

    def snapshot(self) -> str:
        """Return all jobs of this test as a tree: which caused which, and how each ended."""
        self._settle("snapshot()")
        return workflow.draw(self._drain.history, waiting(self.app))

    # Time

    def now(self) -> datetime:
        """Return the present as the test's clock tells it, in UTC."""
        return self.clock.now()

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the clock at ``at`` (default: now) for the rest of the test."""
        return self.clock.freeze(at)

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """Let time pass at once: ``advance(hours=24)`` or ``advance(timedelta(...))``. Nothing is run by it.

        Inside a running task it counts against its time limits, which are off the wall clock.
        """
        return self.clock.advance((by or timedelta(0)) + timedelta(**parts))

    def run_for(self, by: timedelta | None = None, **parts: float) -> Drained:
        """Live through a time as beat and a worker would: every schedule fires, and every job runs, at its moment."""
        from hardy.testing.schedules import live_until

        self._settle("run_for()")
        end = self.clock.now() + (by or timedelta(0)) + timedelta(**parts)
        drained = live_until(end, self._drain, most=MOST)
        drained.raise_the_dead()
        return drained

    # What goes wrong

    def failing(
        self, task: Any, error: BaseException | type[BaseException] = ConnectionError
    ) -> AbstractContextManager[Any]:
        """While the block lasts, the body of ``task`` raises ``error``; the value counts its calls."""
        return failing(task, error)

    def flaky(
        self, task: Any, error: BaseException | type[BaseException] = ConnectionError, *, times: int = 1
    ) -> AbstractContextManager[Any]:
        """While the block lasts, the body of ``task`` raises ``error`` the first ``times`` times, then runs as ever."""
        return failing(task, error, times)

    def deliver_twice(
        self,
        task: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        ignore: Collection[str] = (),
    ) -> None:
        """Prove that ``task`` may run twice: its process is killed when the body is done, and the job runs again.

        What both leave behind (all tables and mails, with the clock stopped) must be what one run leaves, or
        :class:`NotIdempotent` tells the difference. Everything is undone afterwards. ``ignore`` names what may differ:
        ``"orders.Order"``, ``"orders.Order.updated_at"``, ``"mail"``.
        """
        self._trial((task, args, kwargs), ignore).deliver_twice()

    def kill_in(
        self,
        task: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        ignore: Collection[str] = (),
    ) -> int:
        """Prove that ``task`` may be killed anywhere: before each write to a database in turn, and then runs again.

        Returns how many deaths it survived. What is compared, and undone, is as with :meth:`deliver_twice`.
        """
        return self._trial((task, args, kwargs), ignore).kill_in()

    def _trial(
        self, call: tuple[Any, Sequence[Any], Mapping[str, Any] | None], ignore: Collection[str]
    ) -> Trial:
        if jobs := self.enqueued:
            raise AssertionError(f"Other jobs wait, and would run too: drain() first. {told(jobs)}")
        return Trial(self.app, self.clock, call, ignore)

    @property
    def _drain(self) -> Drain:
        if not self._may_use_the_ledger:
            require_the_ledger()
            self._may_use_the_ledger = True
        return self._worker

    def _settle(self, what: str) -> None:
        self._drain.commits.settle(what)


def name_of(task: Any) -> str | None:
    return task if task is None or isinstance(task, str) else task.name


def told(jobs: Sequence[Enqueued]) -> str:
    if not jobs:
        return "Nothing waits."
    return f"{len(jobs)} waiting:\n" + "\n".join(f"  {job}" for job in jobs)
