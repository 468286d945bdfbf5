"""The ledger in MariaDB with a broker behind it: a day's work, kills, a broker that loses all, and one that is away."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.brokers.kinds import RABBITMQ_ON_MARIADB, REDIS_ON_MARIADB
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants
from tests.waiting import until


@pytest.fixture(params=[REDIS_ON_MARIADB, RABBITMQ_ON_MARIADB])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_tasks_of_every_sort_run_once(plant: Depot) -> None:
    plant.worker()

    plain = [plant.send("record", "plain") for _ in range(20)]
    retried, later = plant.send("retry", "retried", 2, 0.3), plant.send("record", "later", countdown=2)
    chorded = plant.run("chord([tasks.double.s(n) for n in range(5)], tasks.total.s('chord')).delay().id")
    with_rollback = plant.run(
        "try:\n    with transaction.atomic():\n        tasks.record.delay('never'); raise KeyError\n"
        "except KeyError: pass"
    )

    plant.wait_for_effect("chord", chorded)
    plant.wait_until_empty()
    assert with_rollback is None and plant.count("never") == 0
    assert {tuple(plant.outcomes(job)) for job in plain} == {("succeeded",)}
    assert plant.count("plain") == 20
    assert plant.outcomes(retried) == ["retried", "retried", "succeeded"]
    assert len(plant.effects("later", later)) == 1
    assert [effect["detail"] for effect in plant.effects("chord", chorded)] == ["20"]


def test_killed_children_and_workers_lose_nothing_and_atomic_effects_are_there_once(plant: Depot) -> None:
    first = plant.worker(name="first", DEPOT_HARDY=hardy(**HASTY))
    log = plant.folder / "log"
    child = plant.run("app.send_task('plant.whole', ['whole', log, 1]).id", log=str(log))
    plant.wait_until_over(child)
    path = plant.folder / "go"
    running = plant.send("wait_for", str(path), "running")
    plant.wait_for_effect("begun", running)
    waiting = [plant.send("record_quietly", "waiting") for _ in range(10)]

    first.kill()
    path.touch()
    plant.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    plant.wait_until_empty()
    assert plant.outcomes(child) == ["lost", "succeeded"]
    assert len(plant.effects("whole", child)) == 1
    assert plant.outcomes(running)[-1] == "succeeded"
    assert {plant.outcomes(job)[-1] for job in waiting} == {"succeeded"}


def test_what_the_broker_lost_is_found(plant: Depot) -> None:
    jobs = [plant.send("record", "lost") for _ in range(20)]
    until(lambda: plant.broker.waiting(plant.queue) == 20, otherwise="the broker was not told")
    until(lambda: plant.jobs(state="queued") == 20, otherwise="the rows were not marked")

    plant.broker.lose(plant.queue)
    plant.worker()

    plant.wait_until_empty()
    assert {tuple(plant.outcomes(job)) for job in jobs} == {("succeeded",)}
    assert plant.count("lost") == 20


def test_what_was_asked_while_the_broker_was_away_runs_when_it_is_back(
    kind: str, open_plant: Plants, broker_of
) -> None:
    proxy = Proxy(broker_of(kind.partition(" on ")[0]).url)
    try:
        with open_plant(kind, url=proxy.url) as plant:
            plant.worker()
            proxy.black_hole()
            jobs = [plant.send("record", "away") for _ in range(20)]
            proxy.heal()

            plant.wait_until_empty()
            assert {tuple(plant.outcomes(job)) for job in jobs} == {("succeeded",)}
    finally:
        proxy.close()
