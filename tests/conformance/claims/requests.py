"""What a task knows of its request."""

from __future__ import annotations

from typing import Any

from celery import chain, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended


def described(*fields: str, **options: Any) -> Any:
    """What a task that is sent with some options knows of its request."""
    return ended(tasks.describe.apply_async(fields, **options)).get()


@claim(["<1>", "<1>", "<1>", None, None, None])
def a_task_knows_its_id_and_that_it_has_no_parent() -> Any:
    return described("id", "root_id", "correlation_id", "parent_id", "group", "group_index")


@claim([0, False, False, None, None, [None, None], "conformed.describe", "py"])
def a_task_knows_how_it_runs() -> Any:
    return described("retries", "is_eager", "called_directly", "eta", "expires", "timelimit", "task", "lang")


@claim([["args", "kwargs"], {"key": "word"}])
def a_task_knows_its_arguments() -> Any:
    sent = tasks.describe.apply_async(("args", "kwargs"), {"key": "word"})
    return ended(sent).get()


@claim(["one@conformed", True])
def a_task_knows_its_worker_and_its_sender() -> Any:
    hostname, origin = described("hostname", "origin")
    return [hostname, origin.startswith("gen") and "@" in origin]


@claim([["exchange", "priority", "redelivered", "routing_key"], "", "celery"])
def a_task_knows_its_delivery() -> Any:
    info, exchange, key = described("delivery_info", "delivery_info.exchange", "delivery_info.routing_key")
    return [sorted(info), exchange, key]


@claim([0, None])
def a_task_without_a_priority_has_the_lowest() -> Any:
    return described("delivery_info.priority", "priority")


@claim([7])
def a_task_knows_its_priority() -> Any:
    return described("delivery_info.priority", priority=7)


@claim([False])
def a_first_delivery_is_no_redelivery() -> Any:
    return [bool(*described("delivery_info.redelivered"))]


@claim([False])
def a_retry_is_no_redelivery() -> Any:
    result = ended(tasks.retry_and_describe.delay({}, "delivery_info.redelivered"))
    return [bool(*result.get())]


@claim([None, None, None, None])
def a_task_without_followers_knows_of_none() -> Any:
    return [value or None for value in described("callbacks", "errbacks", "chain", "chord")]


@claim([1, 1, 1])
def a_task_knows_who_follows_it() -> Any:
    fields = ("callbacks", "errbacks", "chain")
    sent = chain(tasks.describe.s(*fields), tasks.echo.s()).apply_async(link_error=tasks.hear_error.s())
    _, errbacks, follows = ended(ended(sent).parent).get()
    linked = described("callbacks", link=tasks.echo.s())
    return [len(linked[0]), len(errbacks), len(follows)]


@claim([True, [0, 1]])
def the_parts_of_a_group_know_their_places() -> Any:
    result = ended(group(tasks.describe.si("group", "group_index") for _ in range(2)).delay())
    groups, places = zip(*result.get(), strict=True)
    return [set(groups) == {result.id}, list(places)]
