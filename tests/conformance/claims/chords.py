"""Chords, and canvas inside canvas."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, notes, outcome, state


@claim(["SUCCESS", [[[0, 2, 4]], {}]])
def a_chord_gives_its_body_all_results_in_order() -> Any:
    return outcome(chord([tasks.double.s(number) for number in range(3)], tasks.echo.s()).delay())


@claim(["SUCCESS", [[[2]], {}]])
def a_chord_of_one_gives_its_body_a_list() -> Any:
    return outcome(chord([tasks.double.s(1)], tasks.echo.s()).delay())


@claim(["SUCCESS", [[[]], {}]])
def a_chord_without_parts_runs_its_body() -> Any:
    return outcome(chord([], tasks.echo.s()).delay())


@claim(["SUCCESS", [["alone"], {}]])
def an_immutable_body_of_a_chord_takes_no_results() -> Any:
    return outcome(chord([tasks.double.s(1)], tasks.echo.si("alone")).delay())


@claim([["FAILURE", "ChordError(\"Odd('odd')\")"], [], [["SUCCESS", 2], ["FAILURE", "Odd('odd')"]]])
def a_chord_with_a_part_that_fails_fails_and_its_body_does_not_run() -> Any:
    result = chord([tasks.double.s(1), tasks.fail.s()], tasks.note.s()).delay()
    return [outcome(result), notes(result), [state(part) for part in result.parent.results]]


@claim([["SUCCESS", 6], [0, 2, 4]])
def the_parent_of_a_chords_result_is_its_group() -> Any:
    result = chord([tasks.double.s(number) for number in range(3)], tasks.total.s()).delay()
    return [outcome(result), result.parent.get()]


@claim(["SUCCESS", 7])
def a_group_inside_a_chain_is_a_chord_and_the_chain_goes_on() -> Any:
    parts = group(tasks.double.s(number) for number in range(3))
    return outcome(chain(parts, tasks.total.s(), tasks.add.s(1)).delay())


@claim(["SUCCESS", 14])
def a_group_behind_a_task_gets_its_result_and_the_chain_goes_on() -> Any:
    return outcome(chain(tasks.add.s(1, 2), group(tasks.add.s(1), tasks.add.s(7)), tasks.total.s()).delay())


@claim([4, 10])
def a_chain_may_end_in_a_group() -> Any:
    return ended(chain(tasks.add.s(1, 2), group(tasks.add.s(1), tasks.add.s(7))).delay()).get()


@claim([[[[2, 4]], {}], [[[2, 4], "other"], {}]])
def a_group_behind_a_group_gets_all_its_results() -> Any:
    first = group(tasks.double.s(1), tasks.double.s(2))
    return ended(chain(first, group(tasks.echo.s(), tasks.echo.s("other"))).delay()).get()


@claim([3, 10, 26])
def a_group_may_hold_groups_and_chains_and_is_flat() -> Any:
    inner = group(tasks.add.s(1, 2), tasks.add.s(3, 7))
    return ended(group(inner, chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.double.s())).delay()).get()


@claim(["SUCCESS", 18])
def a_chord_of_chords_waits_for_both() -> Any:
    one = chord([tasks.double.s(1), tasks.double.s(2)], tasks.total.s())
    other = chord([tasks.double.s(2), tasks.double.s(4)], tasks.total.s())
    return outcome(chord([one, other], tasks.total.s()).delay())


@claim(["SUCCESS", [[[6, 4]], {}]])
def a_chain_may_be_part_of_a_chord() -> Any:
    parts = [chain(tasks.add.s(1, 2), tasks.double.s()), tasks.double.s(2)]
    return outcome(chord(parts, tasks.echo.s()).delay())


@claim(["SUCCESS", 13])
def the_body_of_a_chord_may_be_a_chain() -> Any:
    body = chain(tasks.total.s(), tasks.add.s(7))
    return outcome(chord([tasks.double.s(1), tasks.double.s(2)], body).delay())


@claim(["FAILURE", "ChordError(\"Odd('odd')\")"])
def a_chord_whose_part_is_a_chain_that_fails_fails() -> Any:
    parts = [chain(tasks.add.s(1, 2), tasks.fail.si(), tasks.double.si(1)), tasks.double.s(2)]
    return outcome(chord(parts, tasks.echo.s()).delay())
