"""Does a message fit the task as this worker knows it? In a rolling deploy two signatures live side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from celery.utils.functional import head_from_fun

from hardy.policy import Execution


def mismatch(execution: Execution) -> TypeError | None:
    """Return why the arguments do not fit the task's signature, or None.

    It is the check that Celery makes when a task is sent, so a task with ``typing=False`` takes anything. What the body
    itself raises is never taken for a mismatch: nothing of it runs here.
    """
    kind: Any = execution.task.__class__
    takes = _header(kind) if execution.task.typing else None
    if takes is None:
        return None
    try:
        takes(*execution.args, **execution.kwargs)
    except TypeError as error:
        return error.with_traceback(None)
    return None


@lru_cache(maxsize=4096)
def _header(task: Any) -> Callable[..., object] | None:
    """Return an empty function with the signature of the task's body; Celery has compiled one unless it is a class."""
    compiled: Callable[..., object] | None = getattr(task, "__header__", None)
    if compiled is not None:
        return compiled
    body: Any = getattr(task, "run", None)
    try:
        made: Callable[..., object] = head_from_fun(body, bound=True)
    except (TypeError, ValueError, AttributeError):  # a body whose signature Python itself cannot tell
        return None
    return made
