"""Shapes of tasks and of arguments, and tasks that are run without a worker."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from celery import chain, chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import becomes, ended, noted, outcome, raised, state
from tests.waiting import until


@claim(["SUCCESS", [["1.5"], {}]])
def arguments_may_be_decimals() -> Any:
    state, ((value,), kwargs) = outcome(tasks.echo.delay(Decimal("1.5")))
    return [state, [[str(value)], kwargs]]


@claim([[1, 2], [1, 5], "TypeError"])
def arguments_may_be_keywords_only() -> Any:
    return [
        ended(tasks.keyword_only.delay(one=1)).get(),
        ended(tasks.keyword_only.delay(one=1, other=5)).get(),
        raised(lambda: tasks.keyword_only.delay(1)).partition("(")[0],
    ]


@claim(["red", "conformed.coloured", "coloured", 3])
def a_task_has_what_its_abstract_base_has() -> Any:
    return ended(tasks.coloured.delay()).get()


@claim(["once", 1, "conformed.counting"])
def a_class_based_task_runs() -> Any:
    return ended(tasks.counting.delay(1)).get()


@claim([[True, True], 3, "EagerResult", "SUCCESS"])
def applying_a_task_runs_it_here_and_now() -> Any:
    eager = tasks.describe.apply(("is_eager", "called_directly"))
    result = tasks.add.apply((1, 2))
    return [[eager.get()[0], not eager.get()[1]], result.get(), type(result).__name__, result.state]


@claim([3, "Odd('odd')", ["FAILURE", "Odd('odd')"]])
def calling_a_task_runs_its_body() -> Any:
    eager = tasks.fail.apply()
    return [tasks.add(1, 2), raised(lambda: tasks.fail()), [eager.state, repr(eager.result)]]


@claim([["SUCCESS", "after 2"], ["FAILURE", "Odd('attempt 3')"]])
def applying_a_task_that_retries_runs_it_to_its_end() -> Any:
    results = [tasks.retry.apply((2,)), tasks.retry.apply((99,))]
    return [[one.state, repr(one.result) if one.failed() else one.result] for one in results]


@claim([13, [2, 4], 6])
def applying_a_canvas_runs_it_here_and_now() -> Any:
    return [
        chain(tasks.add.s(1, 2), tasks.add.s(10)).apply().get(),
        group(tasks.double.s(1), tasks.double.s(2)).apply().get(),
        chord([tasks.double.s(1), tasks.double.s(2)], tasks.total.s()).apply().get(),
    ]


@claim([["SUCCESS", "done"]])
def an_id_that_is_sent_again_after_its_end_runs_again() -> Any:
    first = ended(tasks.note.apply_async(("once",)))
    tasks.note.apply_async(("done",), task_id=first.id)
    noted(first, "note", times=2)
    becomes(first, "SUCCESS")
    until(lambda: state(first)[1] == "done", otherwise=lambda: str(state(first)))
    return [state(first)]
