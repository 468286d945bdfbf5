"""Django tasks for the tests; the backend named "default" is hardy's while they run."""

from __future__ import annotations

from typing import Any

from hardy.django_tasks import api

task = __import__(api.PACKAGE, fromlist=["task"]).task

said: list[Any] = []


@task()
def noop(*args: Any, **kwargs: Any) -> None:
    """Does nothing."""


@task()
async def noop_async(*args: Any, **kwargs: Any) -> None:
    """Does nothing, and waits for nothing."""


@task
def meaning_of_life() -> int:
    return 42


@task()
def fails() -> None:
    raise ValueError("This Task failed due to ValueError")


@task()
def unserialisable() -> object:
    return object()


@task(takes_context=True)
def tell(context: Any, word: str) -> list[Any]:
    said.append(word)
    return [context.task_result.id, context.attempt, word]
