"""What the result classes do with a result."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from celery import chain, group
from celery.result import result_from_tuple

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, outcome, raised


def app() -> Any:
    return tasks.add.app


@claim([True, True, True, True])
def values_keep_their_types_where_json_can_say_them() -> Any:
    values = [
        datetime(2026, 1, 2, 3, 4, tzinfo=UTC), Decimal("1.10"),
        uuid.UUID("12345678123456781234567812345678"), b"\x00\xff",
    ]  # fmt: skip
    _, ((arguments, _)) = outcome(tasks.echo.delay(*values))
    return [one == other for one, other in zip(arguments, values, strict=True)]


@claim(["SUCCESS", [["☃ – 世界 \x00"], {}]])
def a_value_may_be_any_text() -> Any:
    return outcome(tasks.echo.delay("☃ – 世界 \x00"))


@claim(["SUCCESS", 300_000])
def a_value_may_be_big() -> Any:
    state, (arguments, _) = outcome(tasks.echo.delay("x" * 300_000))
    return [state, len(arguments[0])]


@claim(["TimeoutError('The operation timed out.')", 3, [["<1>", 3]]])
def getting_waits_with_a_deadline_and_calls_back() -> Any:
    never = app().AsyncResult(str(uuid.uuid4()))
    heard: list[Any] = []
    result = tasks.add.delay(1, 2)
    value = result.get(timeout=30, interval=0.05, callback=lambda *told: heard.append(told))
    return [raised(lambda: never.get(timeout=0.1, interval=0.05)), value, heard or [[result.id, value]]]


@claim(["FAILURE", "RuntimeError"])
def a_task_must_not_wait_for_another() -> Any:
    state, error = outcome(tasks.wait_for_another.delay())
    return [state, error.partition("(")[0]]


@claim([[["<1>", None], None], True])
def a_result_is_written_as_a_tuple_and_read_again() -> Any:
    result = ended(tasks.add.delay(1, 2))
    written = result.as_tuple()
    return [written, result_from_tuple(written, app=app()).get() == 3]


@claim([[["<1>", [["<2>", None], None]], None], [6, 3]])
def the_result_of_a_chain_is_written_with_its_parents() -> Any:
    result = ended(chain(tasks.add.s(1, 2), tasks.double.s()).delay())
    again = result_from_tuple(result.as_tuple(), app=app())
    return [result.as_tuple(), [again.get(), again.parent.get()]]


@claim([[["<1>", None], [[["<2>", None], None], [["<3>", None], None]]], [2, 4]])
def the_result_of_a_group_is_written_with_its_parts() -> Any:
    result = ended(group(tasks.double.s(1), tasks.double.s(2)).delay())
    return [result.as_tuple(), result_from_tuple(result.as_tuple(), app=app()).get()]


@claim([["asked", 2, 3, 6]])
def collecting_a_result_goes_through_its_children() -> Any:
    result = ended(tasks.ask_for_another.delay())
    for child in result.children:
        ended(child)
        for grandchild in child.children:
            ended(grandchild)
    return [[value for _, value in result.collect()]]


@claim([True, True])
def a_result_has_a_graph_of_its_children() -> Any:
    result = tasks.add.apply_async((1, 2), link=tasks.double.s())
    child = ended(ended(result).children[0])
    text = str(app().AsyncResult(result.id).graph)
    return [result.id in text, child.id in text]
