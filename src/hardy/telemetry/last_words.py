"""Handing over what waits to be sent, before a pool process ends.

Not only while it ends: to its worker a process that takes a second over that looks free, and gets a task that nobody
runs (Celery 5.7 notices only once something else stirs the pool). So what waits goes out at the end of the last task
that the process may run, while it is still busy, and at the end there is next to nothing left.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from celery import signals

#: Seconds that the last task of a process may take longer for it, and the end of the process.
DURING_THE_LAST_TASK = 3.0
AT_THE_END = 0.5

#: Tasks that a process of this worker may run; None: no end.
_most: int | None = None
#: The process that counts, and how many it has run.
_counted = (0, 0)


def note_lifetime(worker: Any) -> None:
    """Remember how many tasks a process of ``worker`` may run, before there is one."""
    global _most
    _most = worker.max_tasks_per_child or None


def say_last_words(flush: Callable[[float], object], name: str) -> None:
    """From now on ``flush`` is called, with the seconds it may take, when this process comes to its end."""

    def after_a_task(**_: Any) -> None:
        if _most is not None and _runs_so_far() >= _most:
            flush(DURING_THE_LAST_TASK)

    def at_the_end(**_: Any) -> None:
        flush(AT_THE_END)

    signals.task_prerun.connect(_count, weak=False, dispatch_uid="hardy.last_words")
    signals.task_postrun.connect(after_a_task, weak=False, dispatch_uid=f"hardy.last_words.task.{name}")
    signals.worker_process_shutdown.connect(at_the_end, weak=False, dispatch_uid=f"hardy.last_words.{name}")
    signals.worker_shutdown.connect(at_the_end, weak=False, dispatch_uid=f"hardy.last_words.worker.{name}")


def _count(**_: Any) -> None:
    global _counted
    _counted = (os.getpid(), _runs_so_far() + 1)


def _runs_so_far() -> int:
    process, runs = _counted
    return runs if process == os.getpid() else 0
