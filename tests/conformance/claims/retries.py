"""Retries that a task asks for."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import becomes, noted, notes, outcome, state
from tests.waiting import until


@claim([["SUCCESS", "after 2"], [0, 1, 2]])
def a_task_that_retries_runs_again_with_its_id_and_counts() -> Any:
    result = tasks.retry.delay(2)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "Odd('attempt 3')"], [0, 1, 2, 3]])
def a_task_that_retries_too_often_fails_with_its_cause() -> Any:
    result = tasks.retry.delay(99)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim([["FAILURE", "Odd('attempt 1')"], [0, 1]])
def a_retry_may_lower_its_limit() -> Any:
    result = tasks.retry.delay(99, max_retries=1)
    return [outcome(result), [detail for _, detail in notes(result, "attempt")]]


@claim(["SUCCESS", "after 5"])
def a_retry_may_raise_its_limit() -> Any:
    return outcome(tasks.retry.delay(5, max_retries=10))


@claim(
    [
        "FAILURE",
        'MaxRetriesExceededError("Can\'t retry conformed.retry_without_cause[<1>] args:() kwargs:{}")',
    ]
)
def a_task_that_retries_too_often_without_a_cause_says_so() -> Any:
    return outcome(tasks.retry_without_cause.delay())


@claim(
    [
        "FAILURE",
        'MaxRetriesExceededError("Can\'t retry conformed.retry_what_is_handled[<1>] args:() kwargs:{}")',
    ]
)
def an_exception_that_is_being_handled_is_no_cause_of_a_retry() -> Any:
    return outcome(tasks.retry_what_is_handled.delay())


@claim(["SUCCESS", [[2], {"more": 3}]])
def a_retry_may_change_the_arguments() -> Any:
    return outcome(tasks.retry_with_others.delay(1))


@claim([["SUCCESS", "attempt 1"], [0, 1]])
def a_retry_that_does_not_raise_lets_the_task_go_on() -> Any:
    result = tasks.retry_and_go_on.delay()
    went_on = noted(result, "went on", times=2)
    until(lambda: state(result) == ["SUCCESS", "attempt 1"], otherwise=lambda: str(state(result)))
    return [state(result), went_on]


@claim([["SUCCESS", "later"], [["None", "a time"]]])
def a_retry_may_name_a_time() -> Any:
    result = tasks.retry_at.delay()
    return [outcome(result), noted(result, "retry")]


@claim([["Odd('later')", 5]])
def a_countdown_is_told_to_the_hook() -> Any:
    return noted(tasks.retry_later.delay(countdown=5), "retry")[:1]


@claim([["Odd('later')", 600]])
def a_retry_without_a_countdown_waits_as_long_as_the_task_says() -> Any:
    return noted(tasks.retry_later.delay(), "retry")


@claim(["RETRY", "Odd('later')"])
def a_task_that_waits_for_its_retry_is_in_state_retry_and_names_its_cause() -> Any:
    return becomes(tasks.retry_later.delay(), "RETRY")


@claim(True)
def a_task_that_waits_for_its_retry_shows_where_it_asked_for_it() -> Any:
    result = tasks.retry_later.delay()
    becomes(result, "RETRY")
    return "in retry_later" in (result.app.AsyncResult(result.id).traceback or "")


@claim(["RETRY", "Odd('later')"])
def a_state_of_the_tasks_own_gives_way_to_retry() -> Any:
    return becomes(tasks.progress_then_retry.delay(), "RETRY")
