"""Signals that end a worker are handled between two statements of its main thread, never in the middle of one.

Celery's handler of a cold shutdown cancels tasks and stops consuming, which the ledger is told. Python calls a handler
wherever the main thread happens to be: inside a statement it would wait for a connection that is not free before it
returns, for ever.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.db import connections

#: What Celery's worker handles: Ctrl-C, a cold and a warm shutdown.
NUMBERS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
#: Seconds until the thread is looked at again.
PAUSE = 0.05
#: Seconds that an open transaction is waited for which is in no statement: with ``-P solo`` it may be a task's.
LONGEST = 5.0


def handle_between_statements() -> None:
    """From now on each handler of these signals that Celery has installed waits for its moment."""
    if threading.current_thread() is not threading.main_thread():
        return  # a worker in a thread, as in tests, has no handlers
    for number in NUMBERS:
        handler = signal.getsignal(number)
        if callable(handler) and not isinstance(handler, (BetweenStatements, signal.Handlers)):
            signal.signal(number, BetweenStatements(handler))


class BetweenStatements:
    """A handler of signals that waits until the main thread is in no statement, and in no transaction for long."""

    def __init__(self, handler: Callable[[int, FrameType | None], Any]) -> None:
        self._handler = handler
        self._since: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._since = self._since or time.monotonic()
        if _is_in_a_statement(frame) or (_is_in_a_transaction() and time.monotonic() < self._since + LONGEST):
            # Not `threading.Timer`: the main thread may be in the middle of starting a thread, and hold its lock.
            _thread.start_new_thread(_send_again, (number,))
            return
        self._since = None
        try:
            self._handler(number, frame)
        finally:
            handle_between_statements()  # Celery's handlers install what the second signal does


def _send_again(number: int) -> None:
    time.sleep(PAUSE)
    os.kill(os.getpid(), number)


def _is_in_a_statement(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("django.db."):
            return True
        frame = frame.f_back
    return False


def _is_in_a_transaction() -> bool:
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))
