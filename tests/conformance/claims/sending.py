"""The options of sending, and what a task knows of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, notes, outcome, raised


def described(*fields: str, **options: Any) -> Any:
    """What a task that is sent with some options knows of its request."""
    return ended(tasks.describe.apply_async(fields, **options)).get()


@claim(["red", "red", None])
def a_header_is_a_field_of_the_request() -> Any:
    return described("colour", "headers.colour", "shade", headers={"colour": "red"})


@claim(["named", "shown", "too"])
def a_sender_may_say_how_a_task_is_shown() -> Any:
    return described("shadow", "argsrepr", "kwargsrepr", shadow="named", argsrepr="shown", kwargsrepr="too")


@claim(["('argsrepr', 'kwargsrepr')", "{'key': 'word'}"])
def a_task_is_shown_with_its_arguments() -> Any:
    return ended(tasks.describe.apply_async(("argsrepr", "kwargsrepr"), {"key": "word"})).get()


@claim(["chosen", True])
def a_sender_may_choose_the_id() -> Any:
    chosen = f"chosen-{uuid.uuid4().hex}"
    result = tasks.describe.apply_async(("id",), task_id=chosen)
    return [result.id.partition("-")[0], ended(result).get() == [chosen]]


@claim(["replies", "together"])
def a_sender_may_say_where_replies_go_and_what_they_belong_to() -> Any:
    return described("reply_to", "correlation_id", reply_to="replies", correlation_id="together")


@claim([[60, 30]])
def a_sender_may_set_time_limits() -> Any:
    return described("timelimit", time_limit=60, soft_time_limit=30)


@claim([True, "str"])
def a_task_knows_its_eta() -> Any:
    eta = datetime.now(UTC) + timedelta(seconds=1)
    (known,) = described("eta", eta=eta)
    return [datetime.fromisoformat(known) == eta, type(known).__name__]


@claim([True, True])
def a_task_knows_the_eta_of_its_countdown_and_starts_no_earlier() -> Any:
    asked = datetime.now(UTC)
    (known,) = described("eta", countdown=1)
    return [
        0.5 < (datetime.fromisoformat(known) - asked).total_seconds() < 5,
        (datetime.now(UTC) - asked).total_seconds() >= 1,
    ]


@claim([True])
def a_task_knows_when_it_expires() -> Any:
    expires = datetime.now(UTC) + timedelta(hours=1)
    (known,) = described("expires", expires=expires)
    return [datetime.fromisoformat(known) == expires]


@claim([True])
def seconds_until_a_task_expires_become_a_time() -> Any:
    (known,) = described("expires", expires=600)
    return [500 < (datetime.fromisoformat(known) - datetime.now(UTC)).total_seconds() < 700]


@claim([["REVOKED", "TaskRevokedError('expired')"], []])
def an_expired_task_does_not_run() -> Any:
    result = tasks.note.apply_async(("too late",), countdown=3, expires=2)
    return [outcome(result), notes(result)]


@claim([["other"], ["other"]])
def a_task_goes_to_the_queue_that_it_is_sent_or_routed_to() -> Any:
    sent = described("delivery_info.routing_key", queue="other")
    return [sent, ended(tasks.describe_routed.delay("delivery_info.routing_key")).get()]


@claim([["SUCCESS", 3], ["SUCCESS", [[1], {"key": "word"}]]])
def a_task_may_be_sent_by_name() -> Any:
    app = tasks.add.app
    return [
        outcome(app.send_task("conformed.add", (1, 2))),
        outcome(app.send_task("conformed.echo", [1], {"key": "word"}, queue="other", countdown=0)),
    ]


@claim([["SUCCESS", [[1], {}]], ["SUCCESS", [[1], {}]]])
def a_message_may_be_compressed() -> Any:
    return [outcome(tasks.echo.apply_async((1,), compression=name)) for name in ("zlib", "bzip2")]


@claim("EncodeError")
def arguments_that_cannot_be_serialised_are_refused_where_they_are_sent() -> Any:
    return raised(lambda: tasks.echo.delay(object())).partition("(")[0]


@claim("ValueError")
def an_expiry_of_nonsense_is_refused_where_it_is_sent() -> Any:
    return raised(lambda: tasks.echo.apply_async((1,), expires="nonsense")).partition("(")[0]
