"""Whose descendant a task is: root, parent, group and children."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, outcome


@claim(
    [
        [["<1>", "<1>", None, None], ["<2>", "<1>", "<1>", None], ["<3>", "<1>", "<2>", None]],
        ["<1>", "<2>", "<3>"],
    ]
)
def each_task_of_a_chain_names_the_first_as_root_and_the_one_before_as_parent() -> Any:
    result = ended(chain(tasks.lineage.si(), tasks.lineage.si(), tasks.lineage.si()).delay())
    results = [result.parent.parent, result.parent, result]
    return [[one.get() for one in results], [one.id for one in results]]


@claim([["<1>", "<1>", None, None], ["<2>", "<1>", "<1>", "<3>"], ["<4>", "<1>", "<1>", "<3>"], True])
def each_part_of_a_group_behind_a_task_names_the_task_and_the_group() -> Any:
    result = ended(chain(tasks.lineage.si(), group(tasks.lineage.si(), tasks.lineage.si())).delay())
    return [result.parent.get(), *result.get(), result.id == result.get()[0][3]]


@claim([["<1>", "<1>", None, "<2>"], ["<3>", "<3>", None, "<2>"], True])
def each_part_of_a_group_is_its_own_root() -> Any:
    result = ended(group(tasks.lineage.si(), tasks.lineage.si()).delay())
    return [*result.get(), result.get()[0][3] == result.id]


@claim([True, True, True])
def the_body_of_a_chord_names_a_part_as_parent_and_root_and_belongs_to_the_group() -> Any:
    result = ended(chord([tasks.lineage.si(), tasks.lineage.si()], tasks.lineage.si()).delay())
    parts = {part.id for part in result.parent.results}
    _, root, parent, part_of = result.get()
    return [root in parts, parent in parts, part_of == result.parent.id]


@claim([["SUCCESS", "asked"], [["SUCCESS", 2], ["SUCCESS", 6]], [["SUCCESS", 3]]])
def a_task_has_the_tasks_that_it_sent_as_children() -> Any:
    result = tasks.ask_for_another.delay()
    asked = outcome(result)
    sent, first = result.children
    second = ended(first).children[0]
    return [asked, [outcome(sent), outcome(second)], [outcome(first)]]


@claim(["SUCCESS", 6])
def a_task_may_run_a_signature_that_it_is_given() -> Any:
    result = ended(tasks.run_signature.delay(tasks.double.s(3)))
    return outcome(result.app.AsyncResult(result.get()))
