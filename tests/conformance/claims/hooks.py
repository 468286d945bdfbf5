"""Hooks: which are called, in which order, and with what."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, noted, notes, outcome
from tests.waiting import until


@claim(
    [
        ["before_start", [["succeed"], {"key": "word"}]],
        ["body", None],
        ["on_success", ["succeed", ["succeed"], {"key": "word"}]],
        ["after_return", ["SUCCESS", "succeed", ["succeed"], {"key": "word"}, "NoneType"]],
    ]
)
def the_hooks_of_a_task_that_returns() -> Any:
    result = tasks.hooked.delay("succeed", key="word")
    noted(result, "after_return")
    return notes(result)


@claim(
    [
        ["before_start", [["fail"], {}]],
        ["body", None],
        ["on_failure", ["Odd('hooked')", ["fail"], {}, "ExceptionInfo"]],
        ["after_return", ["FAILURE", "Odd('hooked')", ["fail"], {}, "NoneType"]],
    ]
)
def the_hooks_of_a_task_that_fails() -> Any:
    result = tasks.hooked.delay("fail")
    noted(result, "after_return")
    return notes(result)


@claim(
    [
        ["before_start", [["retry"], {}]],
        ["body", None],
        ["on_retry", ["Odd('hooked')", ["retry"], {}, "ExceptionInfo"]],
        ["before_start", [["retry"], {}]],
        ["body", None],
        ["on_success", ["retry", ["retry"], {}]],
        ["after_return", ["SUCCESS", "retry", ["retry"], {}, "NoneType"]],
    ]
)
def the_hooks_of_a_task_that_retries() -> Any:
    result = tasks.hooked.delay("retry")
    noted(result, "after_return")
    return notes(result)


@claim([["before_start", "body"], ["before_start", "body"]])
def a_task_that_is_ignored_or_rejected_calls_no_hook_of_its_end() -> Any:
    results = [tasks.hooked.delay(how) for how in ("ignore", "reject")]
    for result in results:
        noted(result, "body")
    ended(tasks.hooked.delay("succeed"))
    return [[what for what, _ in notes(result)] for result in results]


@claim([["FAILURE", "TimeLimitExceeded(1)"], ["before_start", "on_failure", "after_return"]])
def a_task_that_is_killed_by_its_limit_calls_its_hooks() -> Any:
    result = tasks.hooked_with_limit.delay()
    noted(result, "after_return")
    return [outcome(result), [what for what, _ in notes(result)]]


@claim([["FAILURE", "Odd('on_failure')"], ["body"]])
def a_hook_of_a_failure_that_fails_is_a_failure() -> Any:
    result = tasks.hooked_badly.delay("fail")
    until(lambda: "on_failure" in str(outcome(result)), otherwise=lambda: str(outcome(result)))
    return [outcome(result), [what for what, _ in notes(result, "body")]]


@claim([["SUCCESS", "succeed"], ["body", "on_success"]])
def a_hook_of_a_success_that_fails_leaves_the_success() -> Any:
    result = tasks.hooked_badly.delay("succeed")
    noted(result, "on_success")
    return [outcome(result), [what for what, _ in notes(result)]]


@claim([["body", "on_retry", "body", "on_success"]])
def a_hook_of_a_retry_that_fails_does_not_stop_the_retry() -> Any:
    result = tasks.hooked_badly.delay("retry")
    noted(result, "on_success")
    return [[what for what, _ in notes(result, "body", "on_retry", "on_success")]]
