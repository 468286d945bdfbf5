"""The attempt that this thread is running: its number and token, and what must be written together with its end.

From the moment the body returns until the attempt is closed, what follows from it (the next task of a chain, links,
the result, a chord's count) is collected here instead of being written. Closing writes all of it and the end of the
attempt in one transaction, so a worker killed in between has done nothing twice and forgotten nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CurrentAttempt:
    """What a task may know of the attempt it is: its ``number`` (from 1), its fencing ``token``, and a key for others.

    ``idempotency_key`` is the task id: the same on every attempt, so a vendor that is asked twice acts once.
    """

    number: int
    token: int
    idempotency_key: str


@dataclass(slots=True)
class Again:
    """The next attempt that this one asked for: a retry, a replacement, a snooze. ``delay`` is in seconds.

    ``job_message`` is the next attempt's message; None keeps the job's own.
    """

    job_message: Any
    delay: float


@dataclass(slots=True)
class Attempt:
    """One claimed attempt: good as long as the job's row still has ``token``."""

    job: str
    task: str
    token: int
    number: int
    worker: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    closing: bool = False
    #: Ends the transaction that an ``atomic`` task's body runs in: called with the error that undoes it, or None.
    settle: Callable[[BaseException | None], None] | None = None
    again: Again | None = None
    #: How the body ended, once that is known: an exception, or None.
    error: BaseException | None = None
    #: What the body took, once it has ended: a :class:`hardy.ledger.record.Usage`.
    usage: Any = None
    #: When it last said how far it is, and what; see :mod:`hardy.how_far`.
    progress: Any = None
    #: What its body has said it is about, in this order.
    tags: dict[str, None] = field(default_factory=dict)
    follow_ups: list[Callable[[], object]] = field(default_factory=list)
    #: What was being handled when it began, which is none of its errors: a pool replaces a dead child by a fork, and
    #: where the parent is handling a lost connection just then, so is the child, for as long as it lives.
    handled_before: BaseException | None = field(default_factory=lambda: sys.exc_info()[1])

    @property
    def in_flight(self) -> BaseException | None:
        """The exception that is being handled now, if it came up during this attempt."""
        handled = sys.exc_info()[1]
        return None if handled is self.handled_before else handled


_current: ContextVar[Attempt | None] = ContextVar("hardy_attempt", default=None)


def current() -> Attempt | None:
    """Return the attempt this thread is running, if it runs one that is in the ledger."""
    return _current.get()


def current_attempt() -> CurrentAttempt | None:
    """Return the attempt that is running in this thread; None outside a task, and in a task run eagerly."""
    attempt = current()
    return None if attempt is None else CurrentAttempt(attempt.number, attempt.token, attempt.job)


def begin(attempt: Attempt | None) -> None:
    """Make ``attempt`` the current one; None: there is none any more."""
    _current.set(attempt)


def start_closing() -> None:
    """The body has said its last word: from now on what follows from it waits for the closing transaction."""
    attempt = current()
    if attempt is not None:
        attempt.closing = True


def together_with_the_end(write: Callable[[], object]) -> bool:
    """Keep ``write`` for the transaction that closes the current attempt; False if none is closing."""
    attempt = current()
    if attempt is None or not attempt.closing:
        return False
    attempt.follow_ups.append(write)
    return True
