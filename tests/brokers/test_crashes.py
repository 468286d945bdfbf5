"""With a broker behind the ledger, too: whoever is killed loses nothing, and whoever was given up records nothing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants
from tests.waiting import until

DEADLY = 99


def test_a_killed_child_and_a_killed_worker_lose_nothing(plant: Depot) -> None:
    first = plant.worker(name="first", DEPOT_HARDY=hardy(**HASTY))
    killed_child = plant.send("kill_child", "child")
    plant.wait_until_over(killed_child)
    path = plant.folder / "go"
    running = plant.send("wait_for", str(path), "running")
    plant.wait_for_effect("begun", running)
    waiting = [plant.send("record", f"waiting {number}") for number in range(20)]

    first.kill()
    path.touch()
    plant.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    plant.wait_until_empty()
    assert plant.outcomes(killed_child) == ["lost", "succeeded"]
    assert plant.outcomes(running)[-1] == "succeeded"
    assert plant.count("running") == plant.count("child") == 1
    for number, job in enumerate(waiting):
        outcomes = plant.outcomes(job)
        assert outcomes in (["succeeded"], ["lost", "succeeded"])
        # Killed between its effect and its end, a task that is not atomic has had an effect that nobody undoes.
        assert 1 <= len(plant.effects(f"waiting {number}", job)) <= len(outcomes)


def test_an_atomic_task_takes_effect_once_through_kills_of_child_and_worker(plant: Depot) -> None:
    logs = {how: plant.folder / how for how in ("child", "worker")}
    jobs = {
        how: plant.run("app.send_task('plant.whole', [how, log, 1, how]).id", how=how, log=str(log))
        for how, log in logs.items()
    }
    worker = plant.worker(DEPOT_HARDY=hardy(**HASTY))

    until(lambda: worker.has_ended, otherwise="the worker was not killed")
    worker.kill()  # its children too, as when a container ends
    plant.worker(name="second", DEPOT_HARDY=hardy(**HASTY))

    plant.wait_until_empty()
    for how, job in jobs.items():
        assert plant.outcomes(job)[-1] == "succeeded"
        assert len(plant.effects(how, job)) == 1
        assert logs[how].stat().st_size >= 2


def test_poison_starts_three_times_and_is_kept_with_its_reason(plant: Depot) -> None:
    poison = plant.send("kill_child", "never", DEADLY)
    good = [plant.send("record", f"good {number}") for number in range(20)]

    plant.worker(DEPOT_HARDY=hardy(**HASTY))

    plant.wait_until_empty()
    assert len(plant.effects("begun", poison)) == 3
    assert plant.letter(poison)["reason"] == "crashed"
    assert plant.result(poison)[0] == "FAILURE"
    assert {plant.outcomes(job)[-1] for job in good} == {"succeeded"}


def test_a_worker_stopped_past_its_burial_takes_no_atomic_effect_when_it_wakes_up(plant: Depot) -> None:
    sleeper = plant.worker(name="sleeper", DEPOT_HARDY=hardy(**HASTY))
    path, log = plant.folder / "go", plant.folder / "log"
    job = plant.run(
        "app.send_task('plant.whole_until_told', ['whole', path, log]).id", path=str(path), log=str(log)
    )
    until(lambda: log.exists(), otherwise="it did not start")
    sleeper.signal_all(signal.SIGSTOP)
    plant.worker(name="second", DEPOT_HARDY=hardy(**HASTY))
    until(lambda: log.stat().st_size == 2, otherwise="it did not start elsewhere")
    path.touch()
    plant.wait_until_over(job)

    sleeper.signal_all(signal.SIGCONT)

    sleeper.wait_for("was fenced off; it records nothing")
    assert plant.outcomes(job) == ["lost", "succeeded"]
    assert len(plant.effects("whole", job)) == 1


@pytest.fixture
def doubling(kind: str, open_plant: Plants, broker_of):
    proxy = Proxy(broker_of(kind).url, doubling=True)
    try:
        with open_plant(kind, url=proxy.url) as depot:
            yield depot
    finally:
        proxy.close()


def test_every_message_delivered_twice_takes_effect_once(doubling: Depot, tmp_path: Path) -> None:
    doubling.run("for n in range(50): tasks.record.delay(f'task {n}')")
    retried = doubling.send("retry", "retried", 2, 0.5)
    until(lambda: doubling.broker.waiting(doubling.queue) == 102, otherwise="the proxy doubles nothing")

    worker = doubling.worker()

    doubling.wait_until_empty()
    worker.wait_for("ignored", times=50)
    until(lambda: doubling.broker.waiting(doubling.queue) == 0, otherwise="copies are left")
    effects = doubling.run(
        "list(models.Effect.objects.filter(name__startswith='task').values_list('name', flat=True))"
    )
    assert sorted(effects) == sorted(f"task {number}" for number in range(50))
    assert len(doubling.effects("retried", retried)) == 1
    assert doubling.outcomes(retried) == ["retried", "retried", "succeeded"]
