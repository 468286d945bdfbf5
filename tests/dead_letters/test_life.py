"""A letter's way back to work, with real workers: it dies, someone mends what it needs, it is replayed, it succeeds."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.databases import PROJECT
from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import DATABASES
from tests.waiting import until

MENDING = Path(__file__).with_name("project")


@pytest.fixture(scope="module", params=DATABASES)
def depot(request: pytest.FixtureRequest, open_depot: Callable[..., Any]) -> Iterator[Depot]:
    """A project whose tasks can be mended, with one worker."""
    paths = os.pathsep.join([str(PROJECT), str(MENDING)])
    with open_depot(request.param, PYTHONPATH=paths, DEPOT_PLUGINS="mending") as depot:
        depot.worker()
        yield depot


@pytest.fixture
def part(depot: Depot, request: pytest.FixtureRequest) -> Path:
    """What the tasks of one test need; it is missing."""
    return depot.folder / request.node.originalname


def dead(depot: Depot, *arguments: str) -> Any:
    """Run `manage.py hardy dead` in the project, and return its JSON."""
    name = f"dead-{len(depot.processes)}"
    process = depot.process(name, "django", "hardy", "dead", *arguments, "--json")
    assert process.exit_code() == 0, process.log
    return json.loads(process.log)


def wait_for_letter(depot: Depot, job: str) -> None:
    until(lambda: depot.letter(job), otherwise=f"{job} does not die")


def wait_for_result(depot: Depot, job: str, wanted: list[Any]) -> None:
    until(lambda: depot.result(job) == wanted, otherwise=lambda: f"{job} is {depot.result(job)}")


def need(path: Path, number: int = 0) -> str:
    return f"signature('depot.need', ({str(path)!r}, {number}), app=app)"


def test_a_task_that_died_succeeds_when_it_is_mended_and_replayed(depot: Depot, part: Path) -> None:
    job = depot.run(f"{need(part, 7)}.delay().id")
    wait_for_letter(depot, job)
    assert depot.result(job)[0] == "FAILURE"
    assert dead(depot, "show", job)["args"] == [str(part), 7]

    part.touch()
    assert dead(depot, "replay", "--id", job, "--note", "mended")["done"][0]["job"] == job

    wait_for_result(depot, job, ["SUCCESS", 7])
    assert depot.outcomes(job) == ["failed", "succeeded"]
    assert depot.letter(job) is None
    assert len(depot.effects("mended", job)) == 1


def test_a_replayed_task_does_not_look_failed_while_it_waits(depot: Depot, part: Path) -> None:
    job = depot.run(
        f"signature('depot.need', ({str(part)!r},), app=app).apply_async(queue='nobody_reads').id"
    )
    depot.worker("-Q", "nobody_reads", name="once")
    wait_for_letter(depot, job)
    depot.processes[-1].reap()

    dead(depot, "replay", "--id", job)

    assert depot.result(job)[0] == "PENDING"


def test_a_chain_goes_on_where_it_broke(depot: Depot, part: Path) -> None:
    last, first = depot.run(
        f"r = chain({need(part, 1)}, tasks.add.s(10), tasks.add.s(100)).delay(); [r.id, r.parent.parent.id]"
    )
    wait_for_letter(depot, first)

    part.touch()
    dead(depot, "replay", "--id", first)

    wait_for_result(depot, last, ["SUCCESS", 111])


def test_a_chord_is_completed_by_its_replayed_parts(depot: Depot, part: Path) -> None:
    name = f"body of {part.name}"
    body, *parts = depot.run(
        f"r = chord([tasks.double.s(1), {need(part, 20)}, {need(part, 300)}], tasks.total.s({name!r})).delay();"
        "[r.id, *(p.id for p in r.parent.results)]"
    )
    for job in parts[1:]:
        wait_for_letter(depot, job)
    depot.wait_until_over(*parts)
    until(lambda: depot.result(body)[0] == "FAILURE", otherwise="the chord does not end")

    part.touch()
    dead(depot, "replay", "--text", part.name)

    wait_for_result(depot, body, ["SUCCESS", 322])
    assert depot.count(name) == 1


def test_a_chord_whose_chain_broke_is_completed_too(depot: Depot, part: Path) -> None:
    name = f"body of {part.name}"
    body = depot.run(
        f"chord([tasks.double.s(1), chain({need(part, 5)}, tasks.add.s(10))], tasks.total.s({name!r})).delay().id"
    )
    until(lambda: depot.result(body)[0] == "FAILURE", otherwise="the chord does not end")

    part.touch()
    dead(depot, "replay", "--text", part.name)

    wait_for_result(depot, body, ["SUCCESS", 17])
    assert depot.count(name) == 1


def test_a_chord_that_still_waits_counts_its_replayed_part_once(depot: Depot, part: Path) -> None:
    go = part.with_name("go")
    name = f"body of {part.name}"
    slow = f"signature('depot.hang_until', ({str(go)!r},), app=app)"
    body, broken = depot.run(
        f"r = chord([{slow}, {need(part, 5)}], tasks.record.si({name!r})).delay(); [r.id, r.parent.results[1].id]"
    )
    wait_for_letter(depot, broken)
    part.touch()
    dead(depot, "replay", "--id", broken)
    wait_for_result(depot, broken, ["SUCCESS", 5])
    assert depot.count(name) == 0

    go.touch()

    wait_for_result(depot, body, ["SUCCESS", name])
    assert depot.count(name) == 1


def test_a_power_cut_in_the_middle_of_replaying_loses_nothing_and_doubles_nothing(
    depot: Depot, part: Path
) -> None:
    queue = {"queue": "replayed_by_nobody"}
    jobs = depot.run("[tasks.fail.apply_async(**queue).id for _ in range(250)]", queue=queue)
    worker = depot.worker("-Q", queue["queue"], name="until_they_are_dead")
    depot.wait_until_over(*jobs, seconds=60)
    worker.reap()
    others = len(
        depot.run("list(ledger.DeadLetter.objects.exclude(queue=name).values('id'))", name=queue["queue"])
    )

    assert depot.process("power_cut", "power_cut", str(others + 150)).exit_code() == -signal.SIGKILL

    on_the_desk = depot.run(
        "list(ledger.DeadLetter.objects.filter(**queue).values_list('job', flat=True))", queue=queue
    )
    in_the_ledger = depot.run(
        "list(ledger.Job.objects.filter(**queue).values_list('id', flat=True))", queue=queue
    )
    assert sorted(on_the_desk + in_the_ledger) == sorted(jobs)
    assert 0 < len(in_the_ledger) < 250
