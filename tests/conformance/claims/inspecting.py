"""What a worker answers, and what it tells."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import WORKER, active, answer, ended, finish, noted, outcome
from tests.waiting import until


@claim(
    [
        "acknowledged", "args", "delivery_info", "hostname", "id", "kwargs", "name", "time_start", "type",
        "worker_pid",
    ]
)  # fmt: skip
def an_active_task_is_shown() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    shown = until(lambda: active(result), otherwise="it is not shown")
    finish(result)
    return sorted(shown)


@claim(["conformed.start_and_finish", [], {}, WORKER, False, True, True])
def an_active_task_is_shown_with_its_arguments() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    shown = until(lambda: active(result), otherwise="it is not shown")
    finish(result)
    fields = [shown[name] for name in ("name", "args", "kwargs", "hostname", "acknowledged")]
    return [*fields, shown["worker_pid"] > 0, shown["time_start"] > 0]


@claim(["active", ["<1>"], True])
def a_task_is_found_by_its_id() -> Any:
    result = tasks.start_and_finish.delay()
    noted(result, "begun")
    found = until(lambda: answer("query_task", result.id).get(result.id), otherwise="not found")
    finish(result)
    return [found[0], [found[1]["id"]], found[1]["id"] == result.id]


@claim([True, True])
def registered_tasks_are_shown() -> Any:
    registered = answer("registered")
    return ["conformed.add" in registered, "conformed.describe" in registered]


@claim([["celery", "direct", "celery"], ["other", "direct", "other"]])
def the_queues_of_a_worker_are_shown() -> Any:
    queues = sorted(answer("active_queues"), key=lambda queue: str(queue["name"]))
    return [[queue["name"], queue["exchange"]["type"], queue["routing_key"]] for queue in queues]


@claim([{"ok": "pong"}, [{WORKER: {"ok": "pong"}}]])
def a_worker_answers_a_ping() -> Any:
    control = tasks.add.app.control
    pings = until(lambda: control.ping([WORKER], timeout=5), otherwise="no pong")
    return [answer("ping"), pings]


@claim([["broker", "clock", "pid", "pool", "prefetch_count", "rusage", "total", "uptime"], 4, True])
def the_statistics_of_a_worker_are_shown() -> Any:
    ended(tasks.add.delay(1, 2))
    stats = answer("stats")
    return [sorted(stats), stats["pool"]["max-concurrency"], stats["total"]["conformed.add"] > 0]


@claim([{"ok": "new rate limit set successfully"}, {"ok": "time limits set successfully"}])
def limits_are_set_from_outside() -> Any:
    control = tasks.add.app.control

    def told(command: Any) -> Any:
        return until(command, otherwise="no answer")[0][WORKER]

    options = {"destination": [WORKER], "reply": True, "timeout": 5}
    return [
        told(lambda: control.rate_limit("conformed.quiet", "100/s", **options)),
        told(lambda: control.time_limit("conformed.quiet", hard=60, soft=30, **options)),
    ]


@claim([{"ok": "add consumer <1>"}, ["SUCCESS", 3], {"ok": "no longer consuming from <1>"}])
def a_worker_takes_up_a_queue_and_leaves_it() -> Any:
    control, queue = tasks.add.app.control, str(uuid.uuid4())
    options = {"destination": [WORKER], "reply": True, "timeout": 5}
    added = until(lambda: control.add_consumer(queue, **options), otherwise="no answer")[0][WORKER]
    ran = outcome(tasks.add.apply_async((1, 2), queue=queue))
    left = until(lambda: control.cancel_consumer(queue, **options), otherwise="no answer")[0][WORKER]
    return [added, ran, left]


@claim(
    [
        ["task-received", ["args", "eta", "expires", "kwargs", "name", "parent_id", "retries", "root_id"]],
        ["task-started", []],
        ["task-succeeded", ["result", "runtime"]],
    ]
)
def the_events_of_a_task_that_returns() -> Any:
    return events_of(lambda: tasks.add.delay(1, 2), "task-succeeded")


@claim(
    [
        ["task-received", ["args", "eta", "expires", "kwargs", "name", "parent_id", "retries", "root_id"]],
        ["task-started", []],
        ["task-failed", ["exception", "traceback"]],
    ]
)
def the_events_of_a_task_that_fails() -> Any:
    return events_of(lambda: tasks.fail.delay(), "task-failed")


@claim([["task-revoked", ["expired", "signum", "terminated"]]])
def the_last_event_of_a_task_that_expires() -> Any:
    return events_of(lambda: tasks.note.apply_async(countdown=3, expires=2), "task-revoked")[-1:]


#: What every event has.
USUAL = {"clock", "hostname", "local_received", "pid", "timestamp", "type", "utcoffset", "uuid"}


def events_of(send: Callable[[], Any], last: str) -> Any:
    """The events of one task, each with its own fields, from a reader that listens before the task is sent."""
    app, seen, sent, mine = tasks.add.app, [], [], []

    def hear(event: Any) -> None:
        if not sent:  # now it is sure to listen: workers tell every two seconds that they live
            sent.append(send())
        seen.append(event)

    with app.connection_for_read() as connection:
        reader = app.events.Receiver(connection, handlers={"*": hear})
        for _ in reader.itercapture(limit=None, timeout=30, wakeup=False):
            mine = [event for event in seen if event.get("uuid") == sent[0].id]
            if mine and mine[-1]["type"] == last:
                break
    return [[event["type"], sorted(set(event) - USUAL)] for event in mine]
