"""Procrastinate through its Django integration: jobs commit with the project's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from procrastinate.contrib.django import app

from benchmarks.project.bodies import BODIES

#: Its arguments have names: they are jsonb.
NAMES = {body.__name__: body.__code__.co_varnames[: body.__code__.co_argcount] for body in BODIES}
TASKS = {body.__name__: app.task(name=body.__name__)(body) for body in BODIES}


def send(name: str, *args: Any) -> None:
    TASKS[name].defer(**dict(zip(NAMES[name], args, strict=True)))


def send_many(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    TASKS[name].batch_defer(*(dict(zip(NAMES[name], row, strict=True)) for row in rows))
