"""Django's tasks with the database backend of django-tasks-db."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from django_tasks import task

from benchmarks.project.bodies import BODIES


def _of_this_module(body: Any) -> Any:
    """A worker looks a task up by the module and the name of its function."""
    copy = FunctionType(body.__code__, body.__globals__, body.__name__)
    copy.__module__ = __name__
    return copy


TASKS = {body.__name__: task()(_of_this_module(body)) for body in BODIES}
globals().update(TASKS)


def send(name: str, *args: Any) -> None:
    TASKS[name].enqueue(*args)
