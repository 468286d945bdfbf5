"""Sending many at once: ``hardy.send_many(task, rows)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.module_loading import import_string

from hardy.event_loop import beside_the_loop

#: What tells one message from another, and so cannot be the same for many.
OF_ONE_MESSAGE = (
    "args",
    "kwargs",
    "task_id",
    "producer",
    "connection",
    "publisher",
    "reply_to",
    "group_index",
)


def send_many(task: Any, rows: Iterable[Sequence[Any] | Mapping[str, Any]], **options: Any) -> list[str]:
    """Send ``task`` once for each of ``rows``, all of them or none; return the task ids, in the order of the rows.

    A row is a list or tuple of positional arguments, or a dict of keyword arguments. ``options`` are those of
    ``apply_async`` (``countdown``, ``queue``, ``priority`` …) and hold for all of them. The rows are written to the
    ledger a thousand at a time in one transaction, or in yours if one is open, in a fraction of the time of as many
    ``delay()``.
    Raises what ``apply_async`` raises, for the first row that is wrong; nothing is sent then.
    """
    for name in OF_ONE_MESSAGE:
        if name in options:
            raise TypeError(
                f"send_many: {name}= is about one message; the rows hold what differs between them."
            )
    send = import_string("hardy.broker.bulk.send_many")
    ids: list[str] = beside_the_loop(partial(send, task, rows, options))
    return ids
