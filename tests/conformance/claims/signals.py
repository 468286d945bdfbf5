"""Signals: which are sent, in which order, and with what."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, noted, notes, outcome


@claim(
    [
        [
            "before_task_publish",
            [["succeed"], {}, "", "celery", ["declare", "properties", "retry_policy", "signal"], 0],
        ],
        ["after_task_publish", [["succeed"], "", "celery", 0]],
        ["task_received", "conformed.watched"],
        ["task_prerun", ["conformed.watched", ["succeed"], {}]],
        ["body", None],
        ["task_success", "succeed"],
        ["task_postrun", [["succeed"], {}, "succeed", "SUCCESS"]],
    ]
)  # fmt: skip
def the_signals_of_a_task_that_returns() -> Any:
    result = tasks.watched.delay("succeed")
    noted(result, "task_postrun")
    return sorted_by_place(result)


@claim(
    [
        ["task_prerun", ["conformed.watched", ["fail"], {}]],
        ["body", None],
        ["task_failure", ["Odd('watched')", ["fail"], {}, "ExceptionInfo"]],
        ["task_postrun", [["fail"], {}, "Odd('watched')", "FAILURE"]],
    ]
)
def the_signals_of_a_task_that_fails() -> Any:
    result = tasks.watched.delay("fail")
    noted(result, "task_postrun")
    return in_the_child(result)


@claim(
    [
        ["task_prerun", ["conformed.watched", ["retry"], {}]],
        ["body", None],
        ["task_retry", ["Retry", "Odd('watched')", "ExceptionInfo"]],
        ["task_postrun", [["retry"], {}, "Odd('watched')", "RETRY"]],
        ["task_prerun", ["conformed.watched", ["retry"], {}]],
        ["body", None],
        ["task_success", "retry"],
        ["task_postrun", [["retry"], {}, "retry", "SUCCESS"]],
    ]
)
def the_signals_of_a_task_that_retries() -> Any:
    result = tasks.watched.delay("retry")
    noted(result, "task_postrun", times=2)
    return in_the_child(result)


@claim([2, 2, [0, 1]])
def a_retry_is_published_like_any_other_message() -> Any:
    result = ended(tasks.watched.delay("retry"))
    before, after = (noted(result, name, times=2) for name in ("before_task_publish", "after_task_publish"))
    return [len(before), len(after), [detail[-1] for detail in before]]


@claim([["task_prerun", "body", "task_postrun"], ["task_prerun", "body", "task_postrun", "task_failure"]])
def the_signals_of_a_task_that_is_ignored_or_rejected() -> Any:
    ignored, rejected = tasks.watched.delay("ignore"), tasks.watched.delay("reject")
    noted(ignored, "task_postrun")
    noted(rejected, "task_failure")
    return [[what for what, _ in in_the_child(result)] for result in (ignored, rejected)]


@claim([[False, None, True]])
def an_expired_task_is_told_as_revoked() -> Any:
    return noted(tasks.watched.apply_async(countdown=3, expires=2), "task_revoked")


@claim([[[True, 15, False]], ["REVOKED", "TaskRevokedError('terminated')"]])
def a_terminated_task_is_told_as_revoked() -> Any:
    result = tasks.watched.delay("hang")
    noted(result, "body")
    result.revoke(terminate=True)
    heard = noted(result, "task_revoked")
    return [heard, outcome(result)]


def sorted_by_place(result: Any) -> list[Any]:
    """What a task left, with the sender's before the worker's: the two may be written in any order."""
    return sorted(notes(result), key=lambda note: not note[0].endswith("_publish"))


def in_the_child(result: Any) -> list[Any]:
    """What a task left in the process that ran it."""
    elsewhere = ("before_task_publish", "after_task_publish", "task_received")
    return [note for note in notes(result) if note[0] not in elsewhere]
