"""Sending from an event loop, where Django refuses its ORM: a task is a row, so ``delay()`` would be refused too.

``delay()`` cannot be awaited, so it has to be done before it returns, in one of two threads:

- If the coroutine runs for synchronous code (``async_to_sync``, Django's async tests), in the thread of that code,
  which waits: its transaction must have the row, and its connection is the one that knows of it.
- Else in this thread, with the loop laid aside for an INSERT. So what this thread has is kept: the transaction it is
  in, or the task that it is running.

``await task.adelay()`` lets the loop go on meanwhile.

Neither waits for a server that is not the database: see :mod:`hardy.subscribing`. The connections of whoever sends,
on a loop or not, are the business of :mod:`hardy.senders`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import AsyncToSync
from django.db import connections

from hardy.conf import settings
from hardy.senders import is_in_transaction, sent

Done = TypeVar("Done")

#: Seconds after which the waiting thread is busy for too long: it may itself be waiting for this loop.
LONGEST_WAIT = 1.0


def beside_the_loop(act: Callable[[], Done]) -> Done:
    """Return what ``act`` returns, which uses the database; also where an event loop runs in this thread."""
    loop = asyncio._get_running_loop()
    if loop is None or os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE"):  # then the ORM may be used on the loop
        return sent(act)
    with _laid_aside(loop):
        in_transaction = is_in_transaction(connections[settings.DATABASE])
        waiting = None if in_transaction else _submitted(loop, partial(sent, act))
        return sent(act) if waiting is None else waiting.result()


def _submitted(loop: asyncio.AbstractEventLoop, act: Callable[[], Done]) -> Future[Done] | None:
    """Have the thread that waits for this coroutine do ``act``; None if there is none, or it does not come to it."""
    waiting: Any = getattr(AsyncToSync.executors, "current", None) or AsyncToSync.loop_thread_executors.get(
        loop
    )
    if waiting is None:
        return None
    try:
        future: Future[Done] = waiting.submit(copy_context().run, act)
    except RuntimeError:  # it waits no more, or this is the thread
        return None
    wait([future], LONGEST_WAIT)
    return None if future.cancel() else future


@contextmanager
def _laid_aside(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let Django see a thread like any other: it has other connections for coroutines, and refuses to use them."""
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
