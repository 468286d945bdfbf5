"""What a retry keeps of the first attempt, and who waits for the last one."""

from __future__ import annotations

from typing import Any

from celery import chain, chord

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, noted, outcome

FIELDS = (
    "retries",
    "headers.colour",
    "priority",
    "delivery_info.priority",
    "delivery_info.routing_key",
    "shadow",
)


@claim(["SUCCESS", [1, "red", None, 0, "celery", "of another name"]])
def a_retry_keeps_its_headers_and_its_shadow() -> Any:
    sent = tasks.retry_and_describe.apply_async(
        ({}, *FIELDS), headers={"colour": "red"}, shadow="of another name"
    )
    return outcome(sent)


@claim(["SUCCESS", [1, 7, "other"]])
def a_retry_may_change_its_priority_and_its_queue() -> Any:
    fields = ("retries", "delivery_info.priority", "delivery_info.routing_key")
    return outcome(tasks.retry_and_describe.delay({"priority": 7, "queue": "other"}, *fields))


@claim(["SUCCESS", [True, True, True, True]])
def a_retry_keeps_its_id_root_and_correlation_and_is_its_own_child() -> Any:
    fields = ("id", "root_id", "correlation_id", "parent_id")
    result = tasks.retry_and_describe.delay({}, *fields)
    state, values = outcome(result)
    return [state, [value == result.id for value in values]]


@claim(["SUCCESS", [None, [60, 30]]])
def a_retry_keeps_its_time_limits() -> Any:
    sent = tasks.retry_and_describe.apply_async(({}, "eta", "timelimit"), time_limit=60, soft_time_limit=30)
    state, (_, limits) = outcome(sent)
    return [state, [None, limits]]


@claim([["SUCCESS", "after 1"], [["after 1"]]])
def a_link_waits_for_the_last_attempt() -> Any:
    result = tasks.retry.apply_async((1,), link=tasks.note_for.s(of="linked to a retry"))
    return [outcome(result), noted("linked to a retry", "note")]


@claim(["SUCCESS", [["after 1"], {}]])
def a_chain_waits_for_the_last_attempt() -> Any:
    return outcome(chain(tasks.retry.s(1), tasks.echo.s()).delay())


@claim([["SUCCESS", [[["after 1", 4]], {}]], 2])
def a_chord_counts_a_part_that_retries_once() -> Any:
    result = ended(chord([tasks.retry.s(1), tasks.double.s(2)], tasks.echo.s()).delay())
    return [outcome(result), result.parent.completed_count()]


@claim(["FAILURE", "ChordError(\"Odd('attempt 3')\")"])
def a_chord_fails_when_a_part_has_retried_too_often() -> Any:
    return outcome(chord([tasks.retry.s(99), tasks.double.s(2)], tasks.echo.s()).delay())
