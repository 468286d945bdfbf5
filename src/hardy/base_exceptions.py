"""What a task's body raises that is no ``Exception``: ``asyncio.CancelledError``, ``exit()``, a project's own.

Celery lets it through, and whoever runs the task ends: a pool child, which then counts as crashed, or a thread of a
pool, which never comes back. It is the end of the task and of nothing else, so it becomes an ``Exception`` of its type.
"""

from __future__ import annotations

from functools import lru_cache
from types import TracebackType
from typing import Any

from celery.exceptions import WorkerShutdown, WorkerTerminate


class EndsTheProcess(BaseException):
    """What stands for the end of a process, where a test plays one: it passes through the body."""


def is_meant_for_the_process(error: BaseException) -> bool:
    """Return True for what ends the worker, not the task: Ctrl-C, a shutdown, a signal that a pool child got."""
    if isinstance(error, MEANT_FOR_THE_PROCESS):
        return True
    # Billiard's children raise SystemExit in their handler of SIGTERM, wherever the body happens to be.
    return isinstance(error, SystemExit) and _module_that_raised(error.__traceback__).startswith("billiard.")


#: Ctrl-C, the end of a generator, a shutdown of the worker.
MEANT_FOR_THE_PROCESS = (KeyboardInterrupt, GeneratorExit, WorkerShutdown, WorkerTerminate, EndsTheProcess)


def as_exception(error: BaseException) -> Exception:
    """Return an ``Exception`` that is an ``error`` of its type too, with its text, its arguments and its traceback."""
    kind: Any = type(error)
    kind = _exception_kind(kind)
    made: Exception = kind.__new__(kind, *error.args)
    made.args = error.args
    made.__dict__.update(error.__dict__)
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    return made.with_traceback(error.__traceback__)


@lru_cache(maxsize=64)
def _exception_kind(kind: Any) -> Any:
    return type(
        kind.__name__, (kind, Exception), {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    )


def _module_that_raised(trace: TracebackType | None) -> str:
    name = ""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return name
