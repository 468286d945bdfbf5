"""A soft time limit is for the body alone: in hardy's own code its signal waits, or no longer matters.

The pool sends SIGUSR1, and billiard's handler raises wherever the child happens to be: in the middle of claiming, of
COMMIT, of writing the end. There it would break the connection and run a finished body again.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from billiard.pool import SIG_SOFT_TIMEOUT, soft_timeout_sighandler
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper


class Phase(Enum):
    """Whose code the child is in."""

    ELSEWHERE = "a task that is not in the ledger, or none: billiard's own handler decides"
    CLAIMING = "before the body"
    BODY = "in the body"
    CLOSING = "after the body"


_phase = Phase.ELSEWHERE
_struck_early = False
#: What was raised in a function that SQLite called, and of which it says no more than that there was something.
_raised_in_sqlite: SoftTimeLimitExceeded | None = None

#: Where Django's functions for SQLite are: `__date` and the like.
FUNCTIONS = "django.db.backends.sqlite3._functions"


def leave_to_billiard() -> None:
    """This process runs something that is not in the ledger now."""
    _enter(Phase.ELSEWHERE)


def start_claiming() -> None:
    """From now on the limit waits for the body."""
    global _struck_early, _raised_in_sqlite
    _struck_early, _raised_in_sqlite = False, None
    _enter(Phase.CLAIMING)
    # billiard sets its handler after everything that could be told of the new child, so each attempt looks.
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(SIG_SOFT_TIMEOUT) is soft_timeout_sighandler
    ):
        signal.signal(SIG_SOFT_TIMEOUT, _strike)


@contextmanager
def body(task: Any, request: Any) -> Iterator[None]:
    """In here the limit strikes. If it has struck while the job was claimed, the body gets its whole time anew."""
    _enter(Phase.BODY)
    timer = _start_anew(_seconds_of(task, request)) if _struck_early else None
    try:
        yield
    finally:
        _enter(Phase.CLOSING)
        if timer is not None:
            timer.cancel()


def _seconds_of(task: Any, request: Any) -> float | None:
    """Return the soft limit of this attempt: the message's, else the task's, else the project's."""
    of_message = (request.timelimit or (None, None))[1]
    seconds: float | None = of_message or task.soft_time_limit or task.app.conf.task_soft_time_limit
    return seconds


def _enter(phase: Phase) -> None:
    global _phase
    _phase = phase


def _strike(signum: int, frame: Any) -> None:
    global _struck_early, _raised_in_sqlite
    if _phase is Phase.CLAIMING:
        _struck_early = True
    elif _phase is not Phase.CLOSING:
        try:
            soft_timeout_sighandler(signum, frame)
        except SoftTimeLimitExceeded as limit:
            _raised_in_sqlite = limit if _is_called_by_sqlite(frame) else None
            raise


def _is_called_by_sqlite(frame: Any) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == FUNCTIONS:
            return True
        frame = frame.f_back
    return False


def restore_the_cause(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receive ``connection_created``: a limit that struck in a function SQLite called is that limit again behind it."""
    if connection.vendor == "sqlite":
        connection.wrap_database_errors = LimitRestored(connection)


class LimitRestored(DatabaseErrorWrapper):
    """Django's translation of a driver's errors, on SQLite."""

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        global _raised_in_sqlite
        if kind is not None and issubclass(kind, sqlite3.OperationalError):
            limit, _raised_in_sqlite = _raised_in_sqlite, None
            if limit is not None:
                raise limit from error
        super().__exit__(kind, error, traceback)


def _start_anew(seconds: float | None) -> threading.Timer:
    timer = threading.Timer(seconds or 0.0, os.kill, (os.getpid(), SIG_SOFT_TIMEOUT))
    timer.daemon = True
    timer.start()
    return timer
