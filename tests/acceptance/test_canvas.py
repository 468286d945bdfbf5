"""What follows from a task follows, once, whatever happens to the workers on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.acceptance.everywhere import DATABASES, everywhere, on_two
from tests.fixtures.depots import Open
from tests.waiting import until


@pytest.fixture(scope="module", params=DATABASES)
def fleet(request: pytest.FixtureRequest, open_depot: Open) -> Iterator[Depot]:
    """One worker for all that does not kill it."""
    with open_depot(request.param) as depot:
        depot.worker()
        yield depot


def test_a_chain_passes_each_result_on(fleet: Depot) -> None:
    job = fleet.run("chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.total_of.s('chained')).delay().id")

    assert result_of(fleet, job) == 13
    assert fleet.count("chained") == 1


def test_a_group_runs_every_part_once(fleet: Depot) -> None:
    parts = fleet.run(
        "[r.id for r in group(tasks.record.s(f'part of group {n}') for n in range(8)).delay().results]"
    )

    fleet.wait_until_over(*parts)
    assert [fleet.count(f"part of group {number}") for number in range(8)] == [1] * 8


def test_a_chord_gives_its_body_all_results_once(fleet: Depot) -> None:
    job = fleet.run("chord([tasks.double.s(n) for n in range(10)], tasks.total.s('chord body')).delay().id")

    assert result_of(fleet, job) == 90
    assert fleet.count("chord body") == 1


def test_a_chord_inside_a_chain_goes_on_with_the_chain(fleet: Depot) -> None:
    job = fleet.run(
        "chain(group(tasks.double.s(n) for n in range(3)), tasks.total.s('inner body'), tasks.add.s(1)).delay().id"
    )

    assert result_of(fleet, job) == 7


def test_a_chord_with_a_failing_part_fails_and_its_body_does_not_run(fleet: Depot) -> None:
    job = fleet.run("chord([tasks.double.s(1), tasks.fail.s()], tasks.total.s('body of failed')).delay().id")

    until(lambda: fleet.result(job)[0] == "FAILURE", otherwise=lambda: f"the chord is {fleet.result(job)}")
    assert fleet.count("body of failed") == 0


def test_a_chord_with_a_part_that_overruns_its_limit_fails_once_the_others_have_ended(fleet: Depot) -> None:
    path = fleet.folder / "the other part"
    job, overrunning, other = fleet.run(
        """
body = tasks.total.s('body of overrun').on_error(tasks.note_error.s(name='body told'))
late = tasks.hang.s().on_error(tasks.note_error.s(name='part told'))
r = chord([late, tasks.wait_for.s(path, 'other part')], body).delay()
[r.id, *(part.id for part in r.parent.results)]
""",
        path=str(path),
    )
    fleet.wait_until_over(overrunning)

    path.touch()

    until(lambda: fleet.result(job)[0] == "FAILURE", otherwise=lambda: f"the chord is {fleet.result(job)}")
    assert "TimeLimitExceeded" in fleet.result(job)[1]
    assert (fleet.count("part told"), fleet.count("body told")) == (1, 1)
    assert (fleet.outcomes(overrunning), fleet.outcomes(other)) == (["failed"], ["succeeded"])
    assert fleet.count("body of overrun") == 0


def test_a_link_runs_after_success_and_an_error_link_after_failure(fleet: Depot) -> None:
    good, bad = fleet.run(
        """
links = dict(link=tasks.record_quietly.si('linked'), link_error=tasks.note_error.s(name='linked error'))
[tasks.add.apply_async([1, 1], **links).id, tasks.fail.apply_async(['linked'], **links).id]
"""
    )

    fleet.wait_for_effect("linked")
    fleet.wait_for_effect("linked error")
    fleet.wait_until_over(good, bad)
    assert (fleet.count("linked"), fleet.count("linked error")) == (1, 1)
    assert "Odd" in fleet.effects("linked error")[0]["detail"]


def test_a_replaced_task_has_the_result_of_its_replacement(fleet: Depot) -> None:
    job = fleet.send("replace_by_record", "replacement")

    assert result_of(fleet, job) == "replacement"
    assert fleet.outcomes(job) == ["replaced", "succeeded"]
    assert (len(fleet.effects("begun", job)), fleet.count("replacement")) == (1, 1)


def test_a_task_replaced_by_a_chain_has_the_result_of_its_end_and_its_own_chain_goes_on(fleet: Depot) -> None:
    job = fleet.run("chain(tasks.replace_by_chain.s(1), tasks.add.s(100)).delay().id")

    assert result_of(fleet, job) == 112


def test_a_task_replaced_by_a_chord_has_the_result_of_its_body(fleet: Depot) -> None:
    job = fleet.send("replace_by_chord", [1, 2, 3], "body of replacement")

    assert result_of(fleet, job) == 12
    assert fleet.count("body of replacement") == 1


@everywhere
def test_a_chord_whose_part_kills_its_worker_ends_with_all_results(depot: Depot) -> None:
    first = depot.worker(name="first", DEPOT_HARDY=hardy(**HASTY))
    job = depot.run(
        """
parts = [tasks.double.s(n, deadly=n == 3, name='header') for n in range(8)]
chord(parts, tasks.total.s('body')).delay().id
"""
    )
    until(lambda: first.has_ended, otherwise="the part did not kill its worker")

    depot.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    assert result_of(depot, job) == 56
    assert depot.count("body") == 1
    assert depot.run("ledger.Run.objects.filter(task='depot.double', outcome='succeeded').count()") == 8


@on_two
def test_a_chord_with_a_part_that_crashes_for_good_fails_instead_of_hanging(depot: Depot) -> None:
    depot.worker(DEPOT_HARDY=hardy(**HASTY))

    job = depot.run(
        "chord([tasks.add.s(1, 1), tasks.kill_child.s('never', 99)], tasks.total.s('body')).delay().id"
    )

    until(lambda: depot.result(job)[0] == "FAILURE", otherwise=lambda: f"the chord is {depot.result(job)}")
    assert depot.count("body") == 0


def result_of(depot: Depot, job: str) -> object:
    until(
        lambda: depot.result(job)[0] == "SUCCESS",
        otherwise=lambda: f"it is {depot.result(job)}, {depot.job(job)}",
    )
    return depot.result(job)[1]
