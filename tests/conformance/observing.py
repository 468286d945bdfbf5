"""How a scenario looks at what became of what it asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.waiting import until

#: The one worker of every stack.
WORKER = "one@conformed"


def ended(result: Any) -> Any:
    """Wait until a result is there, of a task or of a group."""
    until(result.ready, otherwise=lambda: f"{result!r} is {getattr(result, 'state', 'not ready')}")
    return result


def outcome(result: Any) -> list[Any]:
    """Wait until a task is over; return its state and what it came to."""
    return state(ended(result))


def state(result: Any) -> list[Any]:
    """What a task has come to by now: its state, with its value or its error."""
    fresh = type(result)(result.id, app=result.app)
    return [fresh.state, told(fresh.result)]


def told(value: Any) -> Any:
    return repr(value) if isinstance(value, BaseException) else value


def raised(call: Callable[[], Any]) -> str:
    """What a call raises."""
    try:
        value = call()
    except Exception as error:
        return repr(error)
    return f"nothing, but returned {value!r}"


def notes(result: Any, *what: str) -> list[Any]:
    """What a task's attempts left behind, in order: ``[what, detail]``. With ``what``, only notes of these names."""
    from conformed.models import Note

    found = Note.objects.filter(job=getattr(result, "id", result)).order_by("attempt", "id")
    return [[note.what, note.detail] for note in found if not what or note.what in what]


def noted(result: Any, what: str, times: int = 1) -> list[Any]:
    """Wait for a note of a task; return the details of all notes of that name."""

    def found() -> list[Any]:
        return [detail for _, detail in notes(result, what)]

    until(lambda: len(found()) >= times, otherwise=lambda: f"no {what!r} among {notes(result)}")
    return found()


def becomes(result: Any, wanted: str) -> list[Any]:
    """Wait until a task is in a state."""
    until(lambda: state(result)[0] == wanted, otherwise=lambda: f"it is {state(result)}, not {wanted}")
    return state(result)


def finish(result: Any) -> None:
    """Let a task end that waits to be told."""
    from conformed.models import leave

    leave(result.id, "finish")


def answer(method: str, *args: Any) -> Any:
    """What the worker answers to ``inspect``, asked again if it is too busy."""
    from conformed import celery_app

    def ask() -> Any:
        return getattr(celery_app.control.inspect([WORKER], timeout=5), method)(*args)

    return until(ask, otherwise=f"no answer to {method}")[WORKER]


def active(result: Any) -> Any:
    """How the worker shows a task that it runs; None if it runs it no more, or not yet."""
    return next((task for task in answer("active") if task["id"] == result.id), None)


def is_active(result: Any) -> bool:
    return active(result) is not None


# what only hardy has


def is_installed(app: str) -> bool:
    from django.apps import apps

    return apps.is_installed(app)


def jobs(result: Any) -> Any:
    """The row of a task that is in the ledger."""
    from django.apps import apps

    return apps.get_model("hardy", "Job").objects.filter(id=result.id)


def was_put_back(result: Any) -> bool:
    """Whether a worker has had a task, and has put it back into the ledger for another."""
    return is_installed("hardy") and jobs(result).filter(state="held").exclude(token=0).exists()
