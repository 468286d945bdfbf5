"""Links: what is sent with the result of a task."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, noted, notes, outcome


@claim([["SUCCESS", 3], [[3]], [["SUCCESS", 3]]])
def a_link_gets_the_result_and_is_a_child() -> Any:
    result = tasks.add.apply_async((1, 2), link=tasks.note.s())
    last = outcome(result)
    child = ended(result.children[0])
    return [last, [detail for _, detail in notes(child)], [outcome(child)]]


@claim([["SUCCESS", 3], ["SUCCESS", 6], ["SUCCESS", 13]])
def links_may_have_links() -> Any:
    result = tasks.add.apply_async((1, 2), link=tasks.double.s().set(link=tasks.add.s(7)))
    last = outcome(result)
    middle = result.children[0]
    return [last, outcome(middle), outcome(middle.children[0])]


@claim([["SUCCESS", 3], [[6, 10]]])
def links_are_sent_as_a_group() -> Any:
    result = tasks.add.apply_async((1, 2), link=[tasks.double.s(), tasks.add.s(7)])
    return [outcome(result), [ended(child).get() for child in result.children]]


@claim([["SUCCESS", 3], ["SUCCESS", [["alone"], {}]]])
def an_immutable_link_gets_nothing() -> Any:
    result = tasks.add.apply_async((1, 2), link=tasks.echo.si("alone"))
    return [outcome(result), outcome(result.children[0])]


@claim([["SUCCESS", 3], [["SUCCESS", 6], ["SUCCESS", 13]]])
def a_link_may_be_a_chain() -> Any:
    result = tasks.add.apply_async((1, 2), link=chain(tasks.double.s(), tasks.add.s(7)))
    last = outcome(result)
    end = result.children[0]
    return [last, [outcome(end), outcome(end.children[0])]]


@claim([["SUCCESS", 3], [[6, 10]]])
def a_link_may_be_a_group() -> Any:
    result = tasks.add.apply_async((1, 2), link=group(tasks.double.s(), tasks.add.s(7)))
    last = outcome(result)
    return [last, [ended(child).get() for child in result.children]]


@claim([["FAILURE", "Odd('odd')"], []])
def a_link_is_not_sent_on_failure() -> Any:
    result = tasks.fail.apply_async(link=tasks.note_for.s(of="link of a failure"))
    return [outcome(result), notes("link of a failure")]


@claim([["SUCCESS", 5], [[5]]])
def the_link_of_a_replaced_task_gets_the_result_of_its_replacement() -> Any:
    result = tasks.become_sum.apply_async((2, 3), link=tasks.note_for.s(of="link of a replaced task"))
    return [outcome(result), noted("link of a replaced task", "note")]


@claim([["SUCCESS", 3], ["FAILURE", "Odd('3')"]])
def a_link_that_fails_leaves_the_tasks_own_result() -> Any:
    result = tasks.add.apply_async((1, 2), link=tasks.fail_with_text.s())
    last = outcome(result)
    return [last, outcome(result.children[0])]


@claim([["SUCCESS", 13], [[13]]])
def the_link_of_a_chain_is_sent_at_its_end() -> Any:
    links = chain(tasks.add.s(1, 2), tasks.add.s(10)).apply_async(link=tasks.note_for.s(of="link of a chain"))
    return [outcome(links), noted("link of a chain", "note")]


@claim([[[[[[2, 4]], {}]]], ["SUCCESS", [[[2, 4]], {}]]])
def the_link_of_a_chord_is_sent_after_its_body() -> Any:
    parts = [tasks.double.s(1), tasks.double.s(2)]
    result = chord(parts, tasks.echo.s()).apply_async(link=tasks.note_for.s(of="link of a chord"))
    last = outcome(result)
    return [noted("link of a chord", "note"), last]
