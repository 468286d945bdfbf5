"""How far a task is: ``hardy.progress(done, total, note)``, and ``hardy.track(iterable)`` for loops.

It is read where results are (``AsyncResult.info``, in the state ``PROGRESS``), by ``manage.py hardy jobs``, in the
control room, and by `hardy.ledger.models.Job.reached`.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Any, TypeVar

from celery import current_task
from celery.backends.base import DisabledBackend
from django.utils.module_loading import import_string

from hardy import attempt
from hardy.errors import shown

logger = logging.getLogger(__name__)

#: Seconds between two writes; what comes in between is dropped.
EVERY = 1.0
#: Longest note, in characters.
LONGEST = 200

PROGRESS = "PROGRESS"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an attempt is. ``total`` is None if nobody knows how much there is to do."""

    done: float
    total: float | None = None
    note: str = ""

    @property
    def percent(self) -> int | None:
        """A whole number from 0 to 100, which is 100 only when all is done; None without a total."""
        if self.total is None:
            return None
        return 100 if self.done >= self.total else int(100 * self.done / self.total)

    def as_json(self) -> dict[str, Any]:
        """Return what JSON and ``AsyncResult.info`` say."""
        return {"done": self.done, "total": self.total, "percent": self.percent, "note": self.note}


def progress(done: float, total: float | None = None, note: str = "") -> None:
    """In a task: say how far it is. It may be called as often as one likes: it is written once a second at most.

    ``note`` says what is being done, in up to 200 characters. In a transaction (``atomic=True``, or one of the body's
    own) it is written past the transaction; SQLite has one writer, and shows it when the transaction is over. That it
    cannot be written is logged, and does not disturb the task. Outside a task it does nothing.
    """
    reached = Progress(
        _number("done", done), None if total is None else _number("total", total), str(note)[:LONGEST]
    )
    mine: Any = attempt.current() or _request()
    if mine is None or not _is_time(mine, reached):
        return
    try:
        _write(mine, reached)
    except Exception as error:  # of a result backend, which raises what it likes
        logger.warning("The progress of a task could not be written (%s)", error)


def track(iterable: Iterable[Item], total: float | None = None, note: str = "") -> Iterator[Item]:
    """Yield from ``iterable``, and say after each item how far it is; ``total`` is its length, if it has one."""
    if total is None and isinstance(iterable, Sized):
        total = len(iterable)
    done = 0
    progress(done, total, note)
    for done, item in enumerate(iterable, 1):
        yield item
        progress(done, total, note)


def _request() -> Any:
    """Return Celery's request of a task that is not in the ledger, if it runs on a worker."""
    request = current_task.request if current_task else None
    return (
        None if request is None or request.is_eager or request.called_directly or not request.id else request
    )


def _is_time(mine: Any, reached: Progress) -> bool:
    """Whether this is to be written: the first, one a second, and the last."""
    now = time.monotonic()
    before, last = getattr(mine, "progress", None) or (-math.inf, None)
    is_last = (
        reached.total is not None
        and reached.done >= reached.total
        and (last is None or last.done < reached.done)
    )
    if now - before < EVERY and not is_last:
        return False
    mine.progress = now, reached
    return True


def _write(mine: Any, reached: Progress) -> None:
    in_the_ledger = isinstance(mine, attempt.Attempt)
    if in_the_ledger:
        import_string("hardy.ledger.reached.write")(mine, reached)
    task = current_task
    if not task or (in_the_ledger and getattr(task.backend, "reads_the_ledger", False)):
        return
    if not task.request.ignore_result and not isinstance(task.backend, DisabledBackend):
        task.update_state(state=PROGRESS, meta=reached.as_json())


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"progress: {name} must be a number from 0, not {shown(value)}.")
    return value
