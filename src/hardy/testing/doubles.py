"""Tasks that fail on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def failing(
    task: Any, error: BaseException | type[BaseException], times: int | None = None
) -> Iterator[mock.Mock]:
    """Let the body of ``task`` raise ``error``: always, or the first ``times`` times; then it runs as ever.

    The value is a mock that knows how often the body was called, and with what.
    """
    own = body(task)
    calls = mock.Mock(name=f"{task.name}.run")

    def run(*args: Any, **kwargs: Any) -> Any:
        calls(*args, **kwargs)
        if times is None or calls.call_count <= times:
            raise error
        return own(*args, **kwargs)

    with body_of(task, run):
        yield calls


@contextmanager
def body_of(task: Any, run: Callable[..., Any]) -> Iterator[None]:
    """Put ``run`` in the place of a task's body; options, signature and policies stay the task's own."""
    # Celery's autoretry_for wraps `run` around the body, which it keeps under another name.
    name = "_orig_run" if hasattr(task, "_orig_run") else "run"
    own = vars(task).get(name)
    setattr(task, name, run)
    try:
        yield
    finally:
        if own is None:
            delattr(task, name)
        else:
            setattr(task, name, own)


def body(task: Any) -> Callable[..., Any]:
    """Return the body of ``task`` itself, without what Celery wraps around it."""
    found: Callable[..., Any] = getattr(task, "_orig_run", task.run)
    return found
