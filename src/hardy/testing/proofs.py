"""The two proofs: that a task may run twice, and that it may be killed anywhere.

Each runs the task in ways that production will, compares what it left with what one undisturbed run leaves, and undoes
all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core import mail
from django.db import connections, transaction

from hardy.conf import settings
from hardy.testing import idempotence
from hardy.testing.clock import Clock
from hardy.testing.commits import Commits
from hardy.testing.drain import Drain
from hardy.testing.idempotence import State, Tripwire

#: More attempts than any proof needs.
MOST = 1000


class Trial:
    """One call of a task, tried again and again from the same state and at the same moment."""

    def __init__(
        self,
        app: Any,
        clock: Clock,
        call: tuple[Any, Sequence[Any], Mapping[str, Any] | None],
        ignore: Collection[str],
    ) -> None:
        self.app, self.clock, self.ignore = app, clock, ignore
        self.task, self.args, self.kwargs = call

    def deliver_twice(self) -> None:
        """Kill the process when the body is done, and run the job again."""
        with self._stopped():
            once = self._undisturbed()
            with self._enqueued() as worker:
                with idempotence.killed_after_the_body(self.task):
                    _attempt(worker)
                self._compare(worker, once, "Run twice")

    def kill_in(self) -> int:
        """Kill the process before each of its writes in turn; return how many that were."""
        with self._stopped():
            once = self._undisturbed()
            deaths = 0
            while self._survives(Tripwire(deaths + 1), once):
                deaths += 1
            return deaths

    def _survives(self, tripwire: Tripwire, once: State) -> bool:
        """Whether there was a death to survive."""
        with self._enqueued() as worker:
            with tripwire.stretched():
                _attempt(worker)
            if tripwire.has_killed:
                self._compare(worker, once, f"Killed before its write number {tripwire.at}, and run again")
            return tripwire.has_killed

    def _undisturbed(self) -> State:
        with self._enqueued() as worker:
            return self._left_by(worker)

    def _compare(self, worker: Drain, once: State, what: str) -> None:
        idempotence.compare(once, self._left_by(worker), what)

    def _left_by(self, worker: Drain) -> State:
        worker.run(retries=True, later=False, most=MOST).raise_the_dead()
        return idempotence.state(self.ignore)

    @contextmanager
    def _enqueued(self) -> Iterator[Drain]:
        """Enqueue the call for a worker of its own, and take everything back in the end."""
        outbox, before = list(getattr(mail, "outbox", [])), self.clock.state()
        with ExitStack() as blocks:
            for alias in {settings.DATABASE, *(one.alias for one in connections.all(initialized_only=True))}:
                blocks.enter_context(_rolled_back(alias))
            worker = Drain(self.app, self.clock, Commits())
            try:
                self.task.apply_async(self.args, self.kwargs)
                yield worker
            finally:
                self.clock.restore(*before)
                if hasattr(mail, "outbox"):
                    mail.outbox[:] = outbox

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        before = self.clock.state()
        self.clock.freeze()
        try:
            yield
        finally:
            self.clock.restore(*before)


def _attempt(worker: Drain) -> None:
    row = worker.next_row()
    if row is not None:
        worker.attempt(row)


@contextmanager
def _rolled_back(alias: str) -> Iterator[None]:
    class Undo(Exception):
        """Ends the block."""

    try:
        with transaction.atomic(using=alias):
            yield
            raise Undo
    except Undo:
        pass
