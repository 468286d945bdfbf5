"""Retries that Celery asks for in the name of a task."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import noted, notes, outcome


@claim([["SUCCESS", "after 2"], [0, 1, 2]])
def an_exception_that_is_named_for_it_is_retried_automatically() -> Any:
    result = tasks.retry_automatically.delay(2)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "Odd('attempt 2')"], [0, 1, 2]])
def a_task_that_retries_automatically_too_often_fails_with_its_exception() -> Any:
    result = tasks.retry_automatically.delay(99)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "KeyError('not retried')"], [0]])
def another_exception_is_not_retried_automatically() -> Any:
    result = tasks.retry_automatically.delay(99, "key")
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "Odd('attempt 0')"], [0]])
def an_exception_that_is_excepted_is_not_retried_automatically() -> Any:
    result = tasks.retry_all_but_odd.delay(99)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim(["SUCCESS", "after 1"])
def what_is_not_excepted_is_retried_automatically() -> Any:
    return outcome(tasks.retry_all_but_odd.delay(1, "key"))


@claim([["Odd('attempt 0')", 700]])
def a_backoff_begins_with_its_factor() -> Any:
    return noted(tasks.retry_backing_off.delay(99), "retry")


@claim([["Odd('attempt 1')", 1000]])
def a_backoff_doubles_up_to_its_limit() -> Any:
    return noted(tasks.retry_backing_off.apply_async((99,), retries=1), "retry")


@claim([["Odd('attempt 0')", 1000]])
def a_backoff_beyond_its_limit_is_cut() -> Any:
    return noted(tasks.retry_backing_off_capped.delay(99), "retry")


@claim([["FAILURE", "Odd('attempt 1')"], [0, 1]])
def options_of_automatic_retries_are_kept() -> Any:
    result = tasks.retry_with_options.delay(99)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "Odd('attempt 0')"], [0]])
def an_exception_that_a_task_is_expected_to_throw_is_a_failure_all_the_same() -> Any:
    result = tasks.throw_odd.delay(99)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]
