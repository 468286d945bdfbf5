"""Proofs that a task may run twice: its body is run twice, or killed at every write, and must leave the same behind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.apps import apps
from django.core import mail
from django.db import connections, models

from hardy import attempt
from hardy.testing.doubles import body, body_of
from hardy.testing.worker import Killed

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.IGNORECASE)

#: Apps whose rows say how often something ran: they differ, and may.
BOOKKEEPING = {"hardy", "django_celery_results", "contenttypes", "sessions"}

State = dict[str, Counter[Any]]


class NotIdempotent(AssertionError):
    """A task that was run again left something else behind."""


def state(ignore: Collection[str] = ()) -> State:
    """Return every row of the project's tables, and every mail: what a task may change here.

    Primary keys that a database counts up are left out. ``ignore`` names what may differ: ``"orders.Order"``,
    ``"orders.Order.updated_at"``, ``"mail"``.
    """
    found = {_label(model): _rows(model, ignore) for model in _models() if _label(model) not in ignore}
    if "mail" not in ignore:
        sent = getattr(mail, "outbox", [])
        found["mail"] = Counter(
            (message.subject, *message.recipients(), str(message.body)) for message in sent
        )
    return found


def compare(once: State, again: State, what: str) -> None:
    """Raise :class:`NotIdempotent` with every difference, if there is one."""
    told = [*_differences(once, again)]
    if told:
        raise NotIdempotent(
            f"{what}, the task left something else than when it ran once:\n"
            + "\n".join(told)
            + "\nLet it look first, or write with a unique key; ignore={...} names what may differ."
        )


@contextmanager
def killed_after_the_body(task: Any) -> Iterator[None]:
    """Let the task's process die when the body is done and nothing of that is recorded."""
    own = body(task)

    def run(*args: Any, **kwargs: Any) -> Any:
        value = own(*args, **kwargs)
        if hasattr(value, "__await__"):
            return _awaited_and_killed(value)
        raise Killed

    with body_of(task, run):
        yield


async def _awaited_and_killed(value: Any) -> None:
    await value
    raise Killed


class Tripwire:
    """Kills the process that is about to make its n-th write."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.writes = 0

    @property
    def has_killed(self) -> bool:
        return self.writes >= self.at

    @contextmanager
    def stretched(self) -> Iterator[None]:
        with ExitStack() as wrapped:
            for connection in connections.all():
                wrapped.enter_context(connection.execute_wrapper(self._watch))
            yield

    def _watch(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        mine = attempt.current()
        if WRITES.match(str(sql)) and mine is not None and not mine.closing:  # the body's own, not its record
            self.writes += 1
            if self.writes >= self.at:  # who is dead writes no more, not in a `finally` either
                raise Killed
        return execute(sql, params, many, context)


def _models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in BOOKKEEPING
    ]


def _label(model: type[models.Model]) -> str:
    return model._meta.label


def _rows(model: type[models.Model], ignore: Collection[str]) -> Counter[Any]:
    fields = [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField) and f"{_label(model)}.{field.name}" not in ignore
    ]
    return Counter(
        tuple((name, repr(value)) for name, value in zip(fields, row, strict=True))
        for row in model._default_manager.values_list(*fields)
    )


def _differences(once: State, again: State) -> Iterator[str]:
    for label in sorted({*once, *again}):
        before, after = once.get(label, Counter()), again.get(label, Counter())
        for sign, rows in (("+", after - before), ("-", before - after)):
            yield from (f"  {sign} {label}: {_readable(row)} ({times} x)" for row, times in rows.items())


def _readable(row: Any) -> str:
    shown = [f"{part[0]}={part[1]}" if isinstance(part, tuple) else str(part) for part in row]
    return ", ".join(shown)[:300]
