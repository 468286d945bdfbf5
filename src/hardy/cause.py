"""Who caused a task: the request and the user in whose name it was sent, carried by its message.

`hardy.middleware.CauseMiddleware` says it for a request, :func:`caused_by` for anything else. What a task sends
itself has the cause that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Header of a message that says who caused it: ``{"request": ..., "user": ...}``.
CAUSE_HEADER = "hardy_cause"
#: Header in which beat names the entry of a schedule that a job came from: django-celery-beat's own.
SCHEDULE_HEADER = "periodic_task_name"

#: Longest id of a request or a user, in characters.
LONGEST = 255

#: Answers when something is sent: a user is looked up only then.
_cause: ContextVar[Callable[[], dict[str, str]] | None] = ContextVar("hardy_cause", default=None)


@contextmanager
def caused_by(*, user: Any = None, request: Any = None) -> Iterator[None]:
    """In this block, tasks are sent in the name of ``user`` (a model instance or an id) and of a ``request`` id.

    For what is no request: a management command, a consumer of a queue, a bot. The history says who it was.
    """
    with caused_as(lambda: header(request, getattr(user, "pk", user))):
        yield


@contextmanager
def caused_as(ask: Callable[[], dict[str, str]]) -> Iterator[None]:
    """In this block, ``ask`` tells who caused what is sent; it is asked when something is."""
    token = _cause.set(ask)
    try:
        yield
    finally:
        _cause.reset(token)


def header(request: Any, user: Any) -> dict[str, str]:
    """Return a header's value; what is not there is left out."""
    said = {"request": request, "user": user}
    return {name: str(value)[:LONGEST] for name, value in said.items() if value not in (None, "")}


def cause_of_what_is_sent(app: Any) -> dict[str, str] | None:
    """Return what the message that is about to be sent must say of its cause; None: nothing is known."""
    task = app.current_worker_task
    inherited = None if task is None else task.request.get(CAUSE_HEADER)
    if inherited:
        return inherited if isinstance(inherited, dict) else None
    ask = _cause.get()
    return (ask() or None) if ask is not None else None
