"""Canvas: signatures, chains and groups."""

from __future__ import annotations

import json
from typing import Any

from celery import chain, group, signature

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, notes, outcome, raised, told


@claim(["SUCCESS", 26])
def a_chain_passes_each_result_on() -> Any:
    return outcome(chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.double.s()).delay())


@claim(["SUCCESS", 3])
def a_chain_of_one_is_that_task() -> Any:
    return outcome(chain(tasks.add.s(1, 2)).delay())


@claim([["SUCCESS", 26], 13, 3, None])
def the_result_of_a_chain_knows_its_parents() -> Any:
    result = chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.double.s()).delay()
    last = outcome(result)
    return [last, result.parent.get(), result.parent.parent.get(), result.parent.parent.parent]


@claim(["SUCCESS", 11])
def an_immutable_signature_takes_no_result_of_the_task_before() -> Any:
    return outcome(chain(tasks.add.s(1, 2), tasks.add.si(5, 6)).delay())


@claim(["SUCCESS", [[3, "own"], {"key": "word"}]])
def a_result_comes_before_a_signatures_own_arguments() -> Any:
    return outcome(chain(tasks.add.s(1, 2), tasks.echo.s("own", key="word")).delay())


@claim(["SUCCESS", [["new", "own"], {"key": "new", "other": 1}]])
def a_cloned_signature_takes_more_arguments() -> Any:
    return outcome(tasks.echo.s("own", key="word").clone(("new",), {"key": "new", "other": 1}).delay())


@claim(["SUCCESS", 7])
def a_signature_survives_json() -> Any:
    sent = json.loads(json.dumps(chain(tasks.add.s(1, 2), tasks.add.s(4))))
    return outcome(signature(sent).delay())


@claim([["FAILURE", "Odd('odd')"], ["FAILURE", "Odd('odd')"], []])
def a_chain_stops_where_it_fails_and_its_end_fails_too() -> Any:
    result = chain(tasks.fail.s(), tasks.note.s()).delay()
    return [outcome(result), outcome(result.parent), notes(result)]


@claim([[0, 2, 4, 6], True, False])
def a_group_returns_its_results_in_order() -> Any:
    result = ended(group(tasks.double.s(number) for number in range(4)).delay())
    return [result.get(), result.successful(), result.failed()]


@claim([[], True, []])
def an_empty_group_is_ready_at_once() -> Any:
    result = group([]).delay()
    return [result.results, result.ready() or result.results == [], result.get()]


@claim([["SUCCESS", "FAILURE", "SUCCESS"], True, False, 2, [2, "Odd('odd')", 4], "Odd('odd')"])
def a_group_with_a_part_that_fails_failed_and_keeps_the_others_results() -> Any:
    result = ended(group(tasks.double.s(1), tasks.fail.s(), tasks.double.s(2)).delay())
    return [
        [one.state for one in result.results],
        result.failed(),
        result.successful(),
        result.completed_count(),
        [told(value) for value in result.get(propagate=False)],
        raised(result.get),
    ]


@claim([[0, 2], [4, 6], [8]])
def chunks_run_a_task_many_times_in_few() -> Any:
    numbers = [(number, number) for number in range(5)]
    return ended(tasks.add.chunks(numbers, 2).apply_async()).get()


@claim(["SUCCESS", [2, 4, 6]])
def map_is_one_task_that_calls_another() -> Any:
    return outcome(tasks.double.map([1, 2, 3]).delay())


@claim(["SUCCESS", [3, 7]])
def starmap_spreads_its_arguments() -> Any:
    return outcome(tasks.add.starmap([(1, 2), (3, 4)]).delay())


@claim([["SUCCESS", [3, 7]], ["SUCCESS", 10]])
def starmap_may_be_part_of_a_chain() -> Any:
    result = chain(tasks.add.starmap([(1, 2), (3, 4)]), tasks.total.s()).delay()
    last = outcome(result)
    return [outcome(result.parent), last]
