"""A chord whose parts are counted on Redis: nobody who sends one waits long for a Redis that does not answer.

Celery writes the number of parts there while it sends them, on a client that waits two minutes for each answer and
asks again. The number cannot be written later: the first part may have ended by then. So the sending fails, soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from celery.exceptions import BackendStoreError

#: Seconds that Redis has for each answer to whoever sends.
DEADLINE = 2.0


def bound_what_senders_write(backend: Any) -> None:
    """Have Celery's Redis ``backend`` give up soon when a chord's size or form is written outside of a task."""
    hasty = cache(lambda: _hasty_client(backend))
    apply_chord, set_size = backend.apply_chord, backend.set_chord_size
    #: From Celery 5.7 on; before, chords had no expiry of their own.
    set_key = getattr(backend, "_set_chord_key", None)

    def apply_first(header: Any, *chord: Any, **options: Any) -> Any:
        # The size itself is written with the last part, when the others have been sent.
        if not _in_a_task(backend):
            with _said_why(backend):
                hasty().delete(backend.get_key_for_group(header[0], ".c"))
        return apply_chord(header, *chord, **options)

    def set_chord_size(group_id: str, chord_size: int) -> None:
        if _in_a_task(backend):
            set_size(group_id, chord_size)
            return
        with _said_why(backend):
            hasty().delete(backend.get_key_for_group(group_id, ".c"))
        set_chord_key(backend.get_key_for_group(group_id, ".s"), chord_size)

    def set_chord_key(key: Any, value: Any) -> None:
        if _in_a_task(backend) and set_key is not None:
            set_key(key, value)
            return
        with _said_why(backend):
            hasty().set(key, value, ex=getattr(backend, "chord_expires", backend.expires) or None)

    backend.apply_chord, backend.set_chord_size = apply_first, set_chord_size
    if set_key is not None:
        backend._set_chord_key = set_chord_key


def _in_a_task(backend: Any) -> bool:
    """Whether a worker asks: it has the time to try again, as Celery does."""
    return backend.app.current_worker_task is not None


def _hasty_client(backend: Any) -> Any:
    deadlines = {"socket_timeout": DEADLINE, "socket_connect_timeout": DEADLINE, "retry": _once()}
    return backend._create_client(**{**backend.connparams, **deadlines})


def _once() -> Any:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Retry(NoBackoff(), 0)


@contextmanager
def _said_why(backend: Any) -> Iterator[None]:
    try:
        yield
    except backend.connection_errors as error:
        raise BackendStoreError(
            f"The result backend did not take the size of a chord ({error!r}); the chord was not sent. Redis counts"
            " the parts of chords: send it again once Redis answers, or keep results in the database (django-db)."
        ) from error
