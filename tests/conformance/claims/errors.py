"""Errors: what becomes of an exception."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, outcome, raised


@claim([["FAILURE", "Odd('odd')"], "conformed.failing", ["odd"]])
def an_exception_of_the_projects_comes_back_as_itself() -> Any:
    result = tasks.fail.delay()
    last = outcome(result)
    return [last, type(result.result).__module__, list(result.result.args)]


@claim([["FAILURE", "ValueError('odd', 7)"], True])
def an_exception_of_pythons_comes_back_as_itself() -> Any:
    result = tasks.fail_with.delay("ValueError", "odd", 7)
    return [outcome(result), type(result.result) is ValueError]


@claim(["Odd('odd')", "Odd('odd')", "nothing, but returned Odd('odd')"])
def getting_a_failed_result_raises_unless_it_is_asked_not_to() -> Any:
    result = ended(tasks.fail.delay())
    return [raised(result.get), raised(result.maybe_throw), raised(lambda: result.get(propagate=False))]


@claim([True, True, True])
def the_traceback_shows_the_tasks_own_lines() -> Any:
    traceback = ended(tasks.fail.delay()).traceback
    return [
        traceback.startswith("Traceback (most recent call last):"),
        "conformed/failing.py" in traceback,
        traceback.rstrip().endswith("conformed.failing.Odd: odd"),
    ]


@claim([True, True, True])
def the_traceback_shows_the_cause_too() -> Any:
    traceback = ended(tasks.fail_from_a_cause.delay()).traceback
    return [text in traceback for text in ("KeyError: 'cause'", "the direct cause", "Odd: effect")]


@claim(
    [
        "FAILURE",
        "UnpickleableExceptionWrapper('conformed.failing', 'Picky', ('7: odd',), \"Picky('7: odd')\")",
    ]
)
def an_exception_that_cannot_be_made_from_its_arguments_comes_back_wrapped() -> Any:
    return outcome(tasks.fail_pickily.delay())


@claim(
    ["FAILURE", "UnpickleableExceptionWrapper('conformed.failing', 'Holding', ('odd',), \"Holding('odd')\")"]
)
def an_exception_that_cannot_be_pickled_comes_back_wrapped() -> Any:
    return outcome(tasks.fail_holding_a_lock.delay())


@claim(["FAILURE", "Odd('odd', \"<class 'object'>\")"])
def arguments_of_an_exception_that_cannot_be_serialised_come_back_as_text() -> Any:
    return outcome(tasks.fail_with_an_object.delay())


@claim(["FAILURE", "ValueError('☃ – 世界')"])
def the_text_of_an_exception_may_be_in_any_language() -> Any:
    return outcome(tasks.fail_with.delay("ValueError", "☃ – 世界"))


@claim(["FAILURE", True])
def the_text_of_an_exception_may_be_long() -> Any:
    result = ended(tasks.fail_with.delay("ValueError", "x" * 100_000))
    return [result.state, result.result.args == ("x" * 100_000,)]


@claim(["FAILURE", "EncodeError"])
def a_value_that_cannot_be_serialised_is_a_failure() -> Any:
    state, error = outcome(tasks.return_an_object.delay())
    return [state, error.partition("(")[0]]


@claim(["FAILURE", "EncodeError"])
def an_exception_that_is_returned_is_a_value_that_cannot_be_serialised() -> Any:
    state, error = outcome(tasks.return_an_exception.delay())
    return [state, error.partition("(")[0]]


@claim(["TypeError(\"add() missing 1 required positional argument: 'other'\")", "TypeError"])
def wrong_arguments_are_refused_where_they_are_sent() -> Any:
    return [raised(lambda: tasks.add.delay(1)), raised(lambda: tasks.add.delay(1, 2, 3)).partition("(")[0]]


@claim(["FAILURE", "TypeError(\"untyped() missing 1 required positional argument: 'one'\")"])
def a_task_may_be_sent_with_wrong_arguments_if_it_is_not_typed() -> Any:
    return outcome(tasks.untyped.delay())
