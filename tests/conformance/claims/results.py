"""Results: states, and what is kept of a task."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import becomes, ended, finish, is_active, noted, outcome, state
from tests.waiting import until


def app() -> Any:
    return tasks.add.app


@claim([["PENDING", None], False, False, False])
def a_task_that_nobody_asked_for_is_pending() -> Any:
    result = app().AsyncResult(str(uuid.uuid4()))
    return [state(result), result.ready(), result.successful(), result.failed()]


@claim([["SUCCESS", 3], True, True, False, None, []])
def a_task_that_returned_is_successful() -> Any:
    result = tasks.add.delay(1, 2)
    return [
        outcome(result), result.ready(), result.successful(), result.failed(), result.traceback,
        result.children,
    ]  # fmt: skip


@claim(["SUCCESS", None])
def a_result_may_be_nothing() -> Any:
    return outcome(tasks.note.delay())


@claim(["STARTED", True, True])
def a_running_task_says_so() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    state, _ = becomes(result, "STARTED")
    said = [state, not result.ready()]
    finish(result)
    return [*said, ended(result).get() == "finished"]


@claim([["PROGRESS", {"done": 1, "of": 2}], ["SUCCESS", "finished"]])
def a_task_may_have_a_state_of_its_own() -> Any:
    result = tasks.progress.delay()
    noted(result, "begun")
    said = becomes(result, "PROGRESS")
    finish(result)
    return [said, outcome(result)]


@claim([["FAILURE", "Odd('after all')"], ["SUCCESS", "by hand"]])
def a_backend_may_be_told_a_state_from_outside() -> Any:
    failed, done = (app().AsyncResult(str(uuid.uuid4())) for _ in range(2))
    from conformed.failing import Odd

    app().backend.mark_as_failure(failed.id, Odd("after all"))
    app().backend.mark_as_done(done.id, "by hand")
    return [outcome(failed), outcome(done)]


@claim([[], ["PENDING", None]])
def an_ignored_result_is_not_kept() -> Any:
    result = tasks.quiet.delay(1)
    noted(result, "note")
    until(lambda: not is_active(result), otherwise="it is still active")
    return [rows(result), state(result)]


@claim([["PENDING", None], True, False])
def a_result_may_be_ignored_for_one_call() -> Any:
    result = tasks.note.apply_async(("ignored once",), ignore_result=True)
    noted(result, "note")
    until(lambda: not is_active(result), otherwise="it is still active")
    return [state(result), result.ignored, tasks.note.ignore_result]


@claim([["SUCCESS", 3], ["PENDING", None], []])
def a_forgotten_result_is_pending_again() -> Any:
    result = tasks.add.delay(1, 2)
    before = outcome(result)
    result.forget()
    return [before, state(result), rows(result)]


@claim(
    [
        {
            "content_encoding": "utf-8", "content_type": "application/json", "meta": '{"children": []}',
            "periodic_task_name": None, "result": "3", "status": "SUCCESS", "task_args": '"(1, 2)"',
            "task_id": "<1>", "task_kwargs": '"{}"', "task_name": "conformed.add", "traceback": None,
            "worker": "one@conformed", "date_created": "set", "date_done": "set", "date_started": "set",
        }
    ]
)  # fmt: skip
def the_row_of_a_result_holds_all_that_the_backend_keeps() -> Any:
    result = ended(tasks.add.delay(1, 2))
    return rows(result)


@claim([{"status": "FAILURE", "task_name": "conformed.fail", "task_args": '"()"', "traceback": True}])
def the_row_of_a_failure_holds_its_traceback() -> Any:
    (row,) = rows(ended(tasks.fail.delay()))
    kept = {name: row[name] for name in ("status", "task_name", "task_args")}
    return [{**kept, "traceback": "conformed.failing.Odd: odd" in row["traceback"]}]


@claim(["(1, 2)", "{}", "one@conformed", None, None])
def a_result_tells_of_its_task() -> Any:
    result = ended(tasks.add.delay(1, 2))
    return [result.args, result.kwargs, result.worker, result.retries, result.queue]


@claim(["('shown',)", "{'as': 'this'}"])
def a_result_shows_arguments_as_the_sender_wished() -> Any:
    sent = tasks.echo.apply_async(("secret",), argsrepr="('shown',)", kwargsrepr="{'as': 'this'}")
    result = ended(sent)
    return [result.args, result.kwargs]


@claim([True, True])
def a_result_knows_when_it_was_done() -> Any:
    before = datetime.now(UTC)
    done = ended(tasks.add.delay(1, 2)).date_done
    return [isinstance(done, datetime), abs((done - before).total_seconds()) < 60]


def rows(result: Any) -> list[Any]:
    """The rows of a result in the backend's table, with what differs each time left out."""
    from django_celery_results.models import TaskResult

    found = list(TaskResult.objects.filter(task_id=result.id).values())
    for row in found:
        del row["id"]
        for name in ("date_created", "date_started", "date_done"):
            row[name] = "set" if row[name] else None
    return found
