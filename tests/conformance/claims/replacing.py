"""Tasks that put others in their place."""

from __future__ import annotations

from typing import Any

from celery import chain, chord

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import notes, outcome


@claim([["SUCCESS", 5], [["begun", None]], 1])
def a_replaced_task_has_the_result_of_its_replacement() -> Any:
    from django_celery_results.models import TaskResult

    result = tasks.become_sum.delay(2, 3)
    return [outcome(result), notes(result), TaskResult.objects.filter(task_id=result.id).count()]


@claim(["SUCCESS", 11])
def the_chain_of_a_replaced_task_goes_on() -> Any:
    return outcome(chain(tasks.become_sum.s(2, 3), tasks.add.s(6)).delay())


@claim(["SUCCESS", 106])
def a_task_may_be_replaced_by_a_chain() -> Any:
    return outcome(chain(tasks.become_chain.s(2), tasks.add.s(100)).delay())


@claim(["SUCCESS", [2, 4, 6]])
def a_task_may_be_replaced_by_a_group() -> Any:
    return outcome(tasks.become_group.delay([1, 2, 3]))


@claim(["SUCCESS", 112])
def a_task_may_be_replaced_by_a_chord() -> Any:
    return outcome(chain(tasks.become_chord.s([1, 2, 3]), tasks.add.s(100)).delay())


@claim(["SUCCESS", [[[5, 4, [2, 4], 12]], {}]])
def parts_of_a_chord_may_be_replaced_by_anything() -> Any:
    parts = [
        tasks.become_sum.s(2, 3), tasks.double.s(2), tasks.become_group.s([1, 2]), tasks.become_chord.s([1, 2, 3]),
    ]  # fmt: skip
    return outcome(chord(parts, tasks.echo.s()).delay())


@claim([["FAILURE", "Odd('replaced')"], ["FAILURE", "Odd('replaced')"]])
def a_task_replaced_by_one_that_fails_failed_and_its_chain_stops() -> Any:
    result = chain(tasks.become_failure.s(), tasks.double.s()).delay()
    return [outcome(result), outcome(result.parent)]


@claim(["SUCCESS", 3])
def a_task_may_replace_itself_again_and_again() -> Any:
    return outcome(tasks.count_down_by_replacing.delay(3))


@claim([True, ["<1>", "<1>"]])
def a_replacement_keeps_the_id_and_the_root() -> Any:
    result = tasks.become_description.delay("id", "root_id")
    described = outcome(result)[1]
    return [described[0] == result.id, described]


@claim(["FAILURE", "NotImplementedError('Backend does not support add_to_chord')"])
def this_backend_cannot_add_to_a_chord() -> Any:
    parts = chord([tasks.join_my_chord.s(1), tasks.double.s(2)], tasks.echo.s()).delay().parent
    return outcome(parts.results[0])


@claim(["FAILURE", "ValueError('Current task is not member of any chord')"])
def a_task_that_is_in_no_chord_cannot_add_to_it() -> Any:
    return outcome(tasks.join_my_chord.delay(1))
