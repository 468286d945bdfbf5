"""What stock Celery does that its users would rather have otherwise; see `tests/conformance/differences.py`."""

from __future__ import annotations

import uuid
from typing import Any

from celery import chord

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import (
    answer,
    becomes,
    ended,
    finish,
    is_active,
    is_installed,
    jobs,
    noted,
    notes,
    outcome,
    raised,
    state,
    was_put_back,
)  # fmt: skip
from tests.waiting import until


def fresh_app() -> Any:
    """An app of the same class that no project has configured."""
    return type(tasks.add.app)("fresh", set_as_current=False)


@claim(["SUCCESS", "rolled back"])
def a_task_sent_in_a_transaction_that_is_rolled_back_runs() -> Any:
    from django.db import transaction

    with transaction.atomic():
        result = tasks.note.delay("rolled back")
        transaction.set_rollback(True)
    until(lambda: result.ready() or (is_installed("hardy") and not jobs(result)), otherwise="it is waiting")
    return state(result)


@claim(["one", "other"])
def an_id_that_is_sent_twice_runs_twice() -> Any:
    id = str(uuid.uuid4())
    for word in ("one", "other"):
        result = tasks.note.apply_async((word,), task_id=id, countdown=1)
    until(
        lambda: len(notes(result)) == 2 or (is_installed("hardy") and not jobs(result)),
        otherwise="it is waiting",
    )
    return sorted(detail[0] for _, detail in notes(result))


@claim([["FAILURE", "WorkerLostError"], 1])
def a_task_whose_process_is_killed_failed() -> Any:
    result = tasks.kill_my_process_once.delay()
    state, value = outcome(result)
    return [[state, value.partition("(")[0]], len(notes(result, "begun"))]


@claim(2)
def an_errback_hears_twice_of_a_hard_limit() -> Any:
    result = tasks.hooked_with_limit.apply_async(link_error=tasks.hear_error.s())
    noted(result, "after_return")
    return len(notes(result, "errback"))


@claim("PENDING")
def a_chord_waits_for_ever_if_a_part_overran_its_limit_before_the_others_ended() -> Any:
    from django_celery_results.models import ChordCounter

    result = chord([tasks.hooked_with_limit.s(), tasks.start_and_finish.s()], tasks.note.s()).delay()
    overrun, other = result.parent.results
    noted(overrun, "after_return")
    finish(other)
    ended(other)
    left = ChordCounter.objects.filter(group_id=result.parent.id)
    until(lambda: not left.exists(), otherwise="the chord still counts")
    return state(result)[0]


@claim("FAILURE")
def a_task_that_no_worker_knows_failed() -> Any:
    return state_once_seen(tasks.add.app.send_task("conformed.of_tomorrow", (1,)))


@claim("FAILURE")
def wrong_arguments_that_are_sent_by_name_fail_in_the_worker() -> Any:
    return state_once_seen(tasks.add.app.send_task("conformed.add", (1,)))


@claim("FAILURE")
def a_coroutine_is_never_awaited() -> Any:
    return outcome(tasks.return_a_coroutine.delay(7))[0]


@claim(["STARTED", 1])
def an_ignored_task_says_started_for_ever() -> Any:
    result = tasks.ignore.delay()
    noted(result, "begun")
    until(lambda: not is_active(result), otherwise="it is still active")
    return [state(result)[0], len(notes(result))]


@claim(["hostname", "pid"])
def a_running_task_says_where_it_runs() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    _, info = becomes(result, "STARTED")
    finish(result)
    return sorted(info)


@claim([["eta", "priority", "request"]])
def a_task_that_waits_for_its_time_is_in_the_memory_of_a_worker() -> Any:
    result = tasks.note.apply_async(("scheduled",), countdown=600)

    def found() -> list[Any]:
        return [one for one in answer("scheduled") if one["request"]["id"] == result.id]

    until(lambda: found() or (is_installed("hardy") and jobs(result)), otherwise="it waits nowhere")
    return [sorted(one) for one in found()]


@claim([False, True])
def a_traceback_shows_nothing_between_celerys_lines_and_the_tasks() -> Any:
    traceback = ended(tasks.fail.delay()).traceback
    return ["hardy/policy.py" in traceback, "conformed/failing.py" in traceback]


@claim("Retry")
def applying_a_task_that_retries_raises_the_wish_to_retry() -> Any:
    return raised(lambda: tasks.retry_later.apply(throw=True)).partition("(")[0]


@claim("nothing")
def a_misspelt_option_is_taken_in_silence() -> Any:
    def body() -> None:
        """Do nothing."""

    declare = fresh_app().task(name="fresh.task", ack_late=True, lazy=False)
    return raised(lambda: declare(body)).partition(",")[0].partition("(")[0]


@claim([False, 4, False, None, None])
def what_a_project_does_not_set_is_set_for_speed_and_not_for_safety() -> Any:
    conf = fresh_app().conf
    names = (
        "task_acks_late", "worker_prefetch_multiplier", "task_track_started", "task_time_limit",
        "task_soft_time_limit",
    )  # fmt: skip
    return [conf[name] for name in names]


def state_once_seen(result: Any) -> str:
    """The state of a task that a worker has got and either ended or, as hardy may, put back into the ledger."""
    until(lambda: result.ready() or was_put_back(result), otherwise="no worker has seen it")
    return str(state(result)[0])
