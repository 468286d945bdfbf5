"""Results of groups."""

from __future__ import annotations

from typing import Any

from celery import chain, group
from celery.result import GroupResult, ResultSet

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, finish, noted, raised, state


def app() -> Any:
    return tasks.add.app


@claim([[2, 4], [2, 4], True, None])
def a_group_is_saved_and_restored_and_deleted() -> Any:
    result = group(tasks.double.s(1), tasks.double.s(2)).delay()
    result.save()
    restored = GroupResult.restore(result.id, app=app())
    values = [ended(result).get(), ended(restored).get(), restored == result]
    restored.delete()
    return [*values, GroupResult.restore(result.id, app=app())]


@claim([[2, 4, 6], [2, 4, 6], 3, False, True, 3])
def a_group_counts_and_joins_its_parts() -> Any:
    result = ended(group(tasks.double.s(number) for number in (1, 2, 3)).delay())
    return [
        result.join(interval=0.05), result.get(interval=0.05), result.completed_count(), result.waiting(),
        result.successful(), len(result),
    ]  # fmt: skip


@claim([1, True, False, [2, "finished"]])
def a_group_is_waiting_until_every_part_is_done() -> Any:
    result = group(tasks.double.s(1), tasks.start_and_finish.s()).delay()
    ended(result.results[0])
    noted(result.results[1], "begun")
    said = [result.completed_count(), result.waiting(), result.ready()]
    finish(result.results[1])
    return [*said, ended(result).get(interval=0.05)]


@claim([["Odd('odd')", 2], "Odd('odd')"])
def joining_a_group_raises_what_a_part_raised_unless_asked_not_to() -> Any:
    result = ended(group(tasks.fail.s(), tasks.double.s(1)).delay())
    values = result.join(propagate=False, interval=0.05)
    return [[repr(values[0]), values[1]], raised(lambda: result.join(interval=0.05))]


@claim([[3, 8], 2, True, 1])
def a_set_of_results_joins_and_forgets() -> Any:
    one, other = tasks.add.delay(1, 2), tasks.double.delay(4)
    together = ResultSet([one], app=app())
    together.add(other)
    values = ended(together).join(interval=0.05)
    said = [values, together.completed_count(), together.successful()]
    together.discard(one)
    return [*said, len(together)]


@claim([["PENDING", None], ["PENDING", None]])
def a_forgotten_group_forgets_its_parts() -> Any:
    result = ended(group(tasks.double.s(1), tasks.double.s(2)).delay())
    result.forget()
    return [state(part) for part in result.results]


@claim([3, 13])
def the_results_of_a_chain_can_be_walked_from_its_end() -> Any:
    result = ended(chain(tasks.add.s(1, 2), tasks.add.s(10)).delay())
    return [one.get() for one in (result.parent, result)]
