"""``async def`` tasks: awaited on an event loop that lives as long as the process, so that clients stay connected."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

_loops = threading.local()


def wait_for(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run ``coroutine`` to its end on this thread's loop; a soft time limit cancels it, and is then raised as ever."""
    loop = _loop()
    task = loop.create_task(coroutine)
    try:
        return loop.run_until_complete(task)
    except SoftTimeLimitExceeded:
        # The limit interrupts the loop or the coroutine, whichever was running; either way the coroutine may clean up.
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, SoftTimeLimitExceeded):
                loop.run_until_complete(task)
        raise


def _loop() -> asyncio.AbstractEventLoop:
    """One loop per thread that runs tasks: the pool child's only one, or each thread of a thread pool."""
    loop: asyncio.AbstractEventLoop | None = getattr(_loops, "loop", None)
    if loop is None or loop.is_closed():
        loop = _loops.loop = asyncio.new_event_loop()
    return loop
