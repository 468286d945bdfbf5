"""The testing kit for ``unittest``: ``class Orders(JobsMixin, TestCase)``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from hardy.testing.drain import Drained
from hardy.testing.enqueued import Enqueued
from hardy.testing.jobs import Jobs, open_jobs


class JobsMixin:
    """Put before ``TestCase`` or ``TransactionTestCase``; ``self.jobs`` has all verbs, the commonest are here."""

    _jobs: Jobs | None = None

    def setUp(self) -> None:
        """Send rows from here on, whatever CELERY_TASK_ALWAYS_EAGER says."""
        stack = ExitStack()
        self._jobs = stack.enter_context(open_jobs())
        self.addCleanup(stack.close)  # type: ignore[attr-defined]
        super().setUp()  # type: ignore[misc]

    @property
    def jobs(self) -> Jobs:
        """The jobs of this test."""
        if self._jobs is None:
            raise AssertionError(
                f"{type(self).__name__}.setUp() must call super().setUp() before it uses jobs."
            )
        return self._jobs

    def assert_enqueued(self, task: Any = None, args: Sequence[Any] | None = None, **wanted: Any) -> Enqueued:
        """See :meth:`hardy.testing.Jobs.assert_enqueued`."""
        return self.jobs.assert_enqueued(task, args, **wanted)

    def refute_enqueued(self, task: Any = None, args: Sequence[Any] | None = None, **wanted: Any) -> None:
        """See :meth:`hardy.testing.Jobs.refute_enqueued`."""
        self.jobs.refute_enqueued(task, args, **wanted)

    def drain(self, **how: Any) -> Drained:
        """See :meth:`hardy.testing.Jobs.drain`."""
        return self.jobs.drain(**how)

    def freeze(self, at: datetime | None = None) -> datetime:
        """See :meth:`hardy.testing.Jobs.freeze`."""
        return self.jobs.freeze(at)

    def advance(self, by: timedelta | None = None, **parts: float) -> datetime:
        """See :meth:`hardy.testing.Jobs.advance`."""
        return self.jobs.advance(by, **parts)

    def deliver_twice(self, task: Any, args: Sequence[Any] = (), *, ignore: Collection[str] = ()) -> None:
        """See :meth:`hardy.testing.Jobs.deliver_twice`."""
        self.jobs.deliver_twice(task, args, ignore=ignore)

    def kill_in(self, task: Any, args: Sequence[Any] = (), *, ignore: Collection[str] = ()) -> int:
        """See :meth:`hardy.testing.Jobs.kill_in`."""
        return self.jobs.kill_in(task, args, ignore=ignore)
