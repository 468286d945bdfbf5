"""What a task's body raises that is no ``Exception``: ``asyncio.CancelledError``, ``exit()``, a project's own.

Celery lets it through, and whoever runs the task ends: a pool child, which then counts as crashed, or a thread of a
pool, which never comes back. It is the end of the task and of nothing else, so it becomes an ``Exception`` of its type.
"""

from __future__ import annotations

import signal
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
    if isinstance(error, KeyboardInterrupt):
        # Workers have a handler of their own for Ctrl-C, and their pool children ignore it.
        return signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # Billiard's children raise SystemExit in their handler of SIGTERM, wherever the body happens to be.
    return isinstance(error, SystemExit) and _module_that_raised(error.__traceback__).startswith("billiard.")


#: A shutdown of the worker.
MEANT_FOR_THE_PROCESS = (WorkerShutdown, WorkerTerminate, EndsTheProcess)


def as_exception(error: BaseException) -> Exception:
    """Return an ``Exception`` that is an ``error`` of its type too, with its text, its arguments and its traceback.

    What `exit()` and Ctrl-C raise it only looks like: Celery raises those again in its worker, which ends.
    """
    kind: Any = type(error)
    kind = _exception_kind(kind)
    made: Exception = kind.__new__(kind, *error.args)
    made.args = error.args
    made.__dict__.update(error.__dict__)
    if isinstance(error, SystemExit):
        made.code = error.code  # type: ignore[attr-defined]
    made.__cause__, made.__context__ = error.__cause__, error.__context__
    return made.with_traceback(error.__traceback__)


@lru_cache(maxsize=64)
def _exception_kind(kind: Any) -> Any:
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__reduce__": _reduced}
    bases = (Exception,) if issubclass(kind, ENDS_A_WORKER) else (kind, Exception)
    return type(kind.__name__, bases, names)


#: What Celery's worker raises again in its own process, whatever pool the task ran in.
ENDS_A_WORKER = (SystemExit, KeyboardInterrupt)


def _reduced(error: Any) -> Any:
    """On its way from a pool child to its worker: by its name it would be what it stands for."""
    kind = type(error)
    return _restored, (kind.__module__, kind.__qualname__, error.args)


def _restored(module: str, name: str, args: tuple[Any, ...]) -> Exception:
    made: Exception = type(name, (Exception,), {"__module__": module, "__reduce__": _reduced})(*args)
    return made


def _module_that_raised(trace: TracebackType | None) -> str:
    name = ""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return name
