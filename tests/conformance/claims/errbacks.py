"""Errbacks: who hears of an exception, and of which."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import noted, notes, outcome


@claim([["FAILURE", "Odd('odd')"], [["<1>", "Odd('odd')", True]], True])
def an_errback_in_the_newer_form_gets_request_error_and_traceback() -> Any:
    result = tasks.fail.apply_async(link_error=tasks.hear_error.s())
    heard = noted(result, "errback")
    return [outcome(result), heard, heard[0][0] == result.id]


@claim([["FAILURE", "Odd('odd')"], [["<1>", "<1>", "<1>"]], True])
def an_errback_in_the_classic_form_gets_the_id_and_is_a_child() -> Any:
    result = tasks.fail.apply_async(link_error=tasks.hear_error_bound.s())
    heard = noted(result, "errback")
    return [outcome(result), heard, heard[0][0] == result.id]


@claim([["FAILURE", "Odd('odd')"], [["alone"]]])
def an_immutable_errback_gets_nothing() -> Any:
    result = tasks.fail.apply_async(link_error=tasks.note_for.si("alone", of="immutable errback"))
    return [outcome(result), noted("immutable errback", "note")]


@claim([["SUCCESS", 3], []])
def an_errback_is_not_called_on_success() -> Any:
    result = tasks.add.apply_async((1, 2), link_error=tasks.hear_error.s())
    return [outcome(result), notes(result)]


@claim([["FAILURE", "Odd('attempt 3')"], 1])
def an_errback_is_called_once_after_the_last_attempt() -> Any:
    result = tasks.retry.apply_async((99,), link_error=tasks.hear_error.s())
    return [outcome(result), len(noted(result, "errback"))]


@claim([["FAILURE", "Odd('odd')"], 2])
def every_errback_is_called() -> Any:
    result = tasks.fail.apply_async(link_error=[tasks.hear_error.s(), tasks.hear_error_bound.s()])
    return [outcome(result), len(noted(result, "errback", times=2))]


@claim(["FAILURE", "Odd('odd')"])
def an_errback_that_fails_does_not_change_the_error() -> Any:
    return outcome(tasks.fail.apply_async(link_error=tasks.hear_badly.s()))


@claim([["FAILURE", "Odd('odd')"], [["<1>", "Odd('odd')", True]], True])
def the_errback_of_a_chain_hears_of_the_part_that_failed() -> Any:
    result = chain(tasks.add.s(1, 2), tasks.fail.si(), tasks.double.s()).apply_async(
        link_error=tasks.hear_error.s(of="errback of a chain")
    )
    heard = noted("errback of a chain", "errback")
    return [outcome(result), heard, heard[0][0] == result.parent.id]


@claim([2, True])
def the_errback_of_a_group_hears_of_each_part_that_failed() -> Any:
    parts = group(tasks.fail.s(), tasks.add.s(1, 2), tasks.fail.s())
    parts.link_error(tasks.hear_error.s(of="errback of a group"))
    result = parts.delay()
    heard = noted("errback of a group", "errback", times=2)
    return [len(heard), {one[0] for one in heard} == {result.results[0].id, result.results[2].id}]


@claim([["FAILURE", "ChordError(\"Odd('odd')\")"], [["<1>", "ChordError(\"Odd('odd')\")", False]], True])
def the_errback_of_a_chords_body_hears_that_a_part_failed() -> Any:
    body = tasks.echo.s().on_error(tasks.hear_error.s(of="errback of a body"))
    result = chord([tasks.double.s(1), tasks.fail.s()], body).delay()
    heard = noted("errback of a body", "errback")
    return [outcome(result), heard, heard[0][0] == result.id]


@claim([["FAILURE", "Odd('odd')"], 1])
def a_body_of_a_chord_that_fails_calls_its_errback() -> Any:
    body = tasks.fail.si().on_error(tasks.hear_error.s(of="errback of a failing body"))
    result = chord([tasks.double.s(1), tasks.double.s(2)], body).delay()
    return [outcome(result), len(noted("errback of a failing body", "errback"))]
