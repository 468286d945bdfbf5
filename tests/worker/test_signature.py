"""Whether arguments fit a task is a question to its signature, however the task was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import celery
import pytest

import hardy
from hardy.policy import Execution
from hardy.worker.signature import mismatch


@pytest.fixture
def app() -> Iterator[hardy.Celery]:
    with hardy.Celery("fitting", set_as_current=False) as app:
        yield app


class Place(celery.Task):
    """A task as a class, whose signature Celery itself does not check."""

    name = "fitting.place"

    def run(self, order: int, *, urgent: bool = False) -> None: ...


def written_as_a_function(app: hardy.Celery) -> Any:
    @app.task(name="fitting.function", shared=False)
    def place(order: int, *, urgent: bool = False) -> None: ...

    return place


def written_with_self(app: hardy.Celery) -> Any:
    @app.task(name="fitting.bound", bind=True, autoretry_for=(Exception,), shared=False)
    def place(self: Any, order: int, *, urgent: bool = False) -> None: ...

    return place


def written_as_a_class(app: hardy.Celery) -> Any:
    return app.register_task(Place())


@pytest.mark.parametrize("written", [written_as_a_function, written_with_self, written_as_a_class])
def test_what_the_signature_takes_fits_and_nothing_else(
    app: hardy.Celery, written: Callable[[hardy.Celery], Any]
) -> None:
    task = written(app)

    assert why(task, 1) is None
    assert why(task, order=1, urgent=True) is None
    assert "missing" in str(why(task))
    assert "were given" in str(why(task, 1, 2))
    assert "unexpected keyword argument 'colour'" in str(why(task, 1, colour="red"))


def test_a_task_without_typing_takes_anything(app: hardy.Celery) -> None:
    @app.task(name="fitting.anything", typing=False, shared=False)
    def place(order: int) -> None: ...

    assert why(place, 1, 2, 3) is None


def why(task: Any, *args: Any, **kwargs: Any) -> TypeError | None:
    return mismatch(Execution(task, None, args, kwargs))
