"""What a task promises does not depend on what is behind the ledger: Redis, RabbitMQ, or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.kinds import POSTGRESQL, RABBITMQ, REDIS, SQLITE
from tests.fixtures.plants import Plants
from tests.waiting import until


@pytest.fixture(scope="module", params=[REDIS, RABBITMQ, SQLITE, POSTGRESQL])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    """One project with one worker for all tests of this module."""
    with open_plant(request.param) as depot:
        depot.worker()
        yield depot


@pytest.fixture
def log(tmp_path: Path) -> str:
    return str(tmp_path / "attempts")


def test_a_task_runs_once_and_leaves_its_result_and_one_run(site: Depot) -> None:
    job = site.send("record", "plain")

    site.wait_until_over(job)

    assert len(site.effects("plain", job)) == 1
    assert site.outcomes(job) == ["succeeded"]
    assert site.result(job) == ["SUCCESS", "plain"]


def test_a_chain_a_group_and_a_chord_end_with_their_results(site: Depot) -> None:
    chained = site.run("chain(tasks.add.s(1, 2), tasks.add.s(3), tasks.add.s(4)).delay().id")
    grouped = site.run("[r.id for r in group(tasks.add.s(n, n) for n in range(5)).delay()]")
    chorded = site.run("chord([tasks.double.s(n) for n in range(5)], tasks.total.s('chord')).delay().id")

    site.wait_for_effect("chord", chorded)
    until(lambda: site.result(chained)[0] == "SUCCESS", otherwise="the chain did not end")
    site.wait_until_over(*grouped)

    assert site.result(chained) == ["SUCCESS", 10]
    assert [site.result(job)[1] for job in grouped] == [0, 2, 4, 6, 8]
    assert [effect["detail"] for effect in site.effects("chord", chorded)] == ["20"]


def test_a_retry_waits_in_the_ledger_and_keeps_its_id(site: Depot) -> None:
    job = site.send("retry", "in the end", 1, 1.5)
    until(lambda: site.outcomes(job) == ["retried"], otherwise="it was not retried")

    assert site.job(job)["state"] == "held"
    assert_broker_has_nothing(site)
    site.wait_until_over(job)
    assert site.outcomes(job) == ["retried", "succeeded"]
    assert site.run("r = ledger.Run.objects.filter(job=job).last(); r.started_at >= r.due_at", job=job)


def test_future_work_waits_in_the_ledger_and_starts_no_earlier(site: Depot) -> None:
    soon = site.send("record", "soon", countdown=2)
    later = site.send("record", "later", countdown=3600)
    at = site.run(
        "from datetime import datetime, timedelta, UTC\n"
        "tasks.record.apply_async(['at'], eta=datetime.now(UTC) + timedelta(seconds=3600)).id"
    )

    assert {site.job(job)["state"] for job in (soon, later, at)} == {"held"}
    assert_broker_has_nothing(site)
    site.wait_until_over(soon)
    assert site.run("r = ledger.Run.objects.get(job=job); r.started_at >= r.due_at", job=soon)
    assert {site.job(job)["state"] for job in (later, at)} == {"held"}
    assert site.count("later") == site.count("at") == 0


def test_the_priority_is_passed_on(site: Depot) -> None:
    job = send(site, "plant.describe", "urgent", priority=7)

    site.wait_until_over(job)

    assert json.loads(site.effects("urgent", job)[0]["detail"])["priority"] == 7


def test_a_task_knows_its_attempt(site: Depot) -> None:
    job = send(site, "plant.who_am_i", "mine")

    site.wait_until_over(job)

    (first, second) = [json.loads(effect["detail"]) for effect in site.effects("mine", job)]
    assert (first[0], second[0]) == (1, 2)
    assert second[1] > first[1]
    assert first[2] == second[2] == job


def test_an_atomic_tasks_effects_are_undone_when_it_fails(site: Depot) -> None:
    job = send(site, "plant.whole_but_odd", "undone")

    site.wait_until_over(job)

    assert site.count("undone") == 0
    assert site.outcomes(job) == ["failed"]
    assert site.letter(job)["reason"] == "failed"


def test_an_atomic_task_that_is_killed_behind_its_effect_takes_effect_once(site: Depot, log: str) -> None:
    job = send(site, "plant.whole", "whole", log, 2)

    site.wait_until_over(job)

    assert Path(log).stat().st_size == 3
    assert len(site.effects("whole", job)) == 1
    assert site.outcomes(job) == ["lost", "lost", "succeeded"]


def test_a_task_that_is_not_durable_runs(site: Depot) -> None:
    job = site.run("from plant.tasks import fleeting; fleeting.delay('fleeting').id")

    site.wait_for_effect("fleeting", job)
    until(lambda: site.result(job)[0] == "SUCCESS", otherwise="no result")
    assert site.result(job) == ["SUCCESS", "fleeting"]


def test_a_snoozed_task_waits_in_the_ledger_and_uses_up_no_attempt(site: Depot, log: str) -> None:
    job = send(site, "plant.snooze", "awake", log, 2, 0.5)

    site.wait_until_over(job)

    assert site.outcomes(job) == ["snoozed", "snoozed", "succeeded"]
    assert site.effects("awake", job)[0]["detail"] == "1"
    assert site.run("all(r.started_at >= r.due_at for r in ledger.Run.objects.filter(job=job))", job=job)


def test_an_async_task_is_awaited_on_a_loop_that_lives_on(site: Depot) -> None:
    jobs = [send(site, "plant.await_it", "awaited") for _ in range(6)]

    site.wait_until_over(*jobs)

    assert [site.result(job) for job in jobs] == [["SUCCESS", "awaited awaited"]] * 6
    effects = site.effects("awaited")
    for pid in {effect["pid"] for effect in effects}:
        assert len({effect["detail"] for effect in effects if effect["pid"] == pid}) == 1


def test_the_soft_time_limit_cancels_an_async_task_which_may_tidy_up(site: Depot) -> None:
    job = send(site, "plant.await_too_long", "tidied")

    site.wait_until_over(job)

    assert len(site.effects("tidied", job)) == 1
    assert site.runs(job)[0]["error_type"].endswith("SoftTimeLimitExceeded")


def test_a_cancelled_job_never_runs(site: Depot) -> None:
    job = site.send("record", "cancelled", countdown=1)

    cancelled = site.run("from hardy.ledger.cancellation import cancel; cancel([job, 'nobody'])", job=job)
    site.wait_until_over(site.send("record", "the next", countdown=2))

    assert cancelled == 1
    assert site.count("cancelled") == 0
    assert site.outcomes(job) == ["cancelled"]


def test_a_job_is_moved_to_another_time(site: Depot) -> None:
    sooner = site.send("record", "sooner", countdown=3600)
    later = site.send("record", "later than asked", countdown=1)

    moved = site.run(
        "from hardy.ledger.cancellation import reschedule as to\n[to(a, 0), to(b, 3600), to('nobody', 1)]",
        a=sooner, b=later,
    )  # fmt: skip
    site.wait_until_over(sooner)
    site.wait_until_over(site.send("record", "the next", countdown=2))

    assert moved == [True, True, False]
    assert site.count("sooner") == 1
    assert site.count("later than asked") == 0


def test_a_task_that_no_worker_knows_waits_without_failing(site: Depot) -> None:
    job = site.run("app.send_task('plant.newer', ['newer']).id")

    until(lambda: "unknown to this worker" in dict(site.logs())["one"] and site.job(job)["state"] == "held",
          otherwise="the job was not put back")  # fmt: skip

    assert site.result(job)[0] == "PENDING"
    assert site.letter(job) is None


def send(site: Depot, task: str, *args: Any, **options: Any) -> str:
    source = "app.send_task(task, args, **options).id"
    return str(site.run(source, task=task, args=args, options=options))


def assert_broker_has_nothing(site: Depot) -> None:
    if site.broker is not None:
        assert site.broker.waiting(site.queue) == 0
        inside = site.run("app.control.inspect(timeout=1).scheduled() or {}")
        assert not any(inside.values()), inside
