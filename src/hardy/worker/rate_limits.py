"""``rate_limit``: what is over its limit waits in the ledger, not in the worker, where it would hold up other tasks.

The limit itself stays Celery's: a token bucket per task and worker. Celery keeps what waits for a token among the
messages it has prefetched, so a hundred limited tasks keep every other one out. Here such a row goes back, held past
the moment of its turn, and this worker takes it when its bucket has a token and a process is free. If the worker
dies or is slow the row simply becomes due, and whoever gets it decides anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Any

from celery.worker import state as celery_state

from hardy.db.dialect import ledger_connection
from hardy.db.failures import DATABASE_ERRORS
from hardy.db.unanswered import cut_if_unanswered
from hardy.errors import Undecodable
from hardy.ledger import identity
from hardy.ledger.deferring import Deferred, defer, resume, take_back
from hardy.ledger.message import priority_of
from hardy.ledger.reserve import release
from hardy.ledger.set_aside import set_aside
from hardy.worker.reclaim import ReclaimedJobs

logger = logging.getLogger(__name__)

#: Seconds by which a row is held beyond its turn, so that it is still there when its turn comes.
SLACK = 5.0
#: Longest a row is held, so that another worker or a new limit gets at it; with very many rows it is longer, or a
#: worker would do nothing but hold them again: so many rows are held again in a second at most.
LONGEST, AGAIN_PER_SECOND = 60.0, 50.0
#: Seconds' worth of a limit that are taken back at once.
AHEAD = 0.2
#: Seconds until another look where no process is free, and where the database is away.
BUSY, AWAY = 0.1, 1.0
#: Rows of a task that a worker remembers; the others come when they are due.
MOST = 100_000


class Line:
    """Rows of one task that this worker has deferred: the most urgent first, then in the order in which they came."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, Deferred]] = []
        self._order = count()
        #: The token of each row; one that was deferred again is somewhere in the line a second time.
        self._tokens: dict[str, int] = {}
        self.is_planned = False

    def __len__(self) -> int:
        return len(self._tokens)

    def add(self, row: Deferred, priority: int) -> None:
        if len(self) < MOST:
            self._tokens[row[0]] = row[1]
            heappush(self._rows, (-priority, next(self._order), row))

    def pop(self, most: int) -> list[Deferred]:
        """Return up to ``most`` rows whose turn it is."""
        popped: list[Deferred] = []
        while self._rows and len(popped) < most:
            *_, row = heappop(self._rows)
            if self._tokens.get(row[0]) == row[1]:
                del self._tokens[row[0]]
                popped.append(row)
        return popped

    def all(self) -> list[Deferred]:
        """Return every row."""
        return list(self._tokens.items())


class RateLimits:
    """One consumer's tasks that are over their limit."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._lines: dict[str, Line] = {}
        self._taken = ReclaimedJobs()
        self._delivering = ""
        self._lock = threading.RLock()  # some pools have a timer thread

    def defer(self, request: Any, bucket: Any) -> bool:
        """Let ``request`` wait in the ledger if it must wait; False if it is for Celery to start."""
        if not request.ledger_header or request.id == self._delivering:
            return False
        with self._lock:
            line = self._lines.setdefault(request.name, Line())
            before = len(line) + len(bucket.contents)
            if not before and not bucket.expected_time(1):
                return False
            wait = bucket.expected_time(1) + before / bucket.fill_rate
            try:
                self._defer(request, line, wait)
            except DATABASE_ERRORS as error:
                logger.warning("%s[%s] waits for its limit here: %s", request.name, request.id, error)
                return False
            self._plan(request.name, line, bucket.expected_time(1))
            return True

    def _defer(self, request: Any, line: Line, wait: float) -> None:
        token, longest = request.ledger_header["token"], max(LONGEST, len(line) / AGAIN_PER_SECOND)
        with cut_if_unanswered(ledger_connection(), f"{request.name}[{request.id}]"):
            still_waits = defer(request.id, token, min(wait, longest) + SLACK)
        if still_waits:
            line.add((request.id, token + 1), priority_of(request.delivery_info or {}))
        request.acknowledge()  # its row is in the ledger

    def give_back(self) -> None:
        """Let everything that waits start wherever its limit allows: this worker leaves, or the limits have changed."""
        with self._lock:
            rows = [row for line in self._lines.values() for row in line.all()]
            self._lines = {}
        self._resume(rows)

    def leave(self) -> None:
        """Give back what waits, and what was taken back for its turn, which has not come."""
        buckets = [bucket for bucket in self._consumer.task_buckets.values() if bucket]
        self._resume([], unstarted=[request.id for bucket in buckets for request, _ in bucket.contents])
        self.give_back()

    def _resume(self, rows: Sequence[Deferred], unstarted: Sequence[str] = ()) -> None:
        if not rows and not unstarted:
            return
        try:
            with cut_if_unanswered(ledger_connection(), "tasks over their rate limit"):
                resume(rows)
                release(identity.name(), unstarted)
        except DATABASE_ERRORS as error:
            logger.warning("Tasks over their rate limit wait until they are due (%s)", error)
            ledger_connection().close()

    def _plan(self, task: str, line: Line, seconds: float) -> None:
        if line and not line.is_planned:
            line.is_planned = True
            self._consumer.timer.call_after(seconds, self._advance, (task,))

    def _advance(self, task: str) -> None:
        """Start what there are tokens for, and come again when there will be more."""
        with self._lock:
            line, bucket = self._lines.get(task), self._consumer.task_buckets[task]
            if line is None:  # all was given back meanwhile
                return
            line.is_planned = False
            if bucket is None:  # the limit was lifted
                self.give_back()
                return
            pause = bucket.expected_time(1)
            if not pause and not bucket.contents:
                pause = self._start(line, bucket)
            self._plan(task, line, pause + len(bucket.contents) / bucket.fill_rate)

    def _start(self, line: Line, bucket: Any) -> float:
        """Take rows back and have Celery start them; return in how many seconds there may be tokens for more."""
        ahead = max(1, int(bucket.fill_rate * AHEAD))
        rows = line.pop(min(ahead, self._room(ahead)))
        if not rows:
            return BUSY
        try:
            with cut_if_unanswered(ledger_connection(), "tasks over their rate limit"):
                taken = take_back(identity.name(), rows)
        except DATABASE_ERRORS as error:
            # They become due by themselves; what was taken all the same the heartbeat gives back.
            logger.warning("Tasks over their rate limit wait for the database (%s)", error)
            ledger_connection().close()
            return AWAY
        for row in taken:
            self._deliver(row)
        return float(bucket.expected_time(1))

    def _deliver(self, row: Any) -> None:
        self._delivering = row.id
        try:
            self._taken.deliver(self._consumer, row)
        except Undecodable as error:
            set_aside(row.id, row.token, error)
        finally:
            self._delivering = ""

    def _room(self, ahead: int) -> int:
        """Return for how many rows there are processes, or will be soon, beside those that were taken and wait."""
        active = {request.id for request in celery_state.active_requests}
        unstarted = sum(job not in active for job in self._taken.jobs.values())
        return max(int(self._consumer.pool.num_processes), ahead) - unstarted
