"""Time limits, and tasks that refuse to be done."""

from __future__ import annotations

from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import becomes, is_active, notes, outcome, state
from tests.waiting import until


@claim(["SUCCESS", "tidied up"])
def a_soft_limit_is_raised_in_the_task() -> Any:
    return outcome(tasks.tidy_up.delay())


@claim(["FAILURE", "SoftTimeLimitExceeded()"])
def a_task_that_overruns_its_soft_limit_failed() -> Any:
    return outcome(tasks.overrun.delay())


@claim(["FAILURE", "TimeLimitExceeded(1)"])
def a_task_that_overruns_its_hard_limit_failed() -> Any:
    return outcome(tasks.overrun_hard.delay())


@claim(["FAILURE", "TimeLimitExceeded(1)"])
def a_limit_may_be_set_when_sending() -> Any:
    return outcome(tasks.hang.apply_async(time_limit=1))


@claim(["MINE", {"kept": True}])
def an_ignored_task_keeps_a_state_of_its_own() -> Any:
    result = tasks.ignore_with_a_state.delay()
    becomes(result, "MINE")
    until(lambda: not is_active(result), otherwise="it is still active")
    return state(result)


@claim([["FAILURE", "reject requeue=False: not now"], 1])
def a_rejected_task_failed() -> Any:
    result = tasks.reject.delay()
    return [outcome(result), len(notes(result))]


@claim([["SUCCESS", "later"], 2])
def a_task_rejected_to_be_requeued_runs_again() -> Any:
    result = tasks.reject_once.delay()
    return [outcome(result), len(notes(result))]
