"""While hardy is rolled out, workers without it run what processes with it have sent: docs/deploy.md says how well."""

from __future__ import annotations

from tests.acceptance.depot import Depot
from tests.brokers.stocks import ran, stock_worker
from tests.waiting import until


def test_a_worker_without_hardy_runs_what_hardy_sends_and_what_follows_from_it(plant: Depot) -> None:
    stock_worker(plant, plant.broker.url)

    plain = plant.send("record", "plain")
    plant.run("chain(tasks.add.s(1, 2), tasks.record.s()).delay()")
    later = plant.send("record", "later", countdown=3600)

    until(lambda: len(ran(plant)) == 2, otherwise=lambda: f"{ran(plant)}")
    assert {told["name"] for told in ran(plant)} == {"plain", 3}
    # What is weaker: nobody writes down that it ran, and work of the future waits for a process that has hardy.
    assert plant.job(plain)["state"] == "queued"
    assert plant.job(later)["state"] == "held"
    assert plant.outcomes(plain) == []


def test_what_a_worker_without_hardy_has_run_is_run_again_when_workers_with_hardy_come(plant: Depot) -> None:
    stock = stock_worker(plant, plant.broker.url)
    job = plant.send("record", "twice")
    until(lambda: len(ran(plant)) == 1, otherwise="the stock worker did not run it")
    stock.kill()

    plant.worker()

    plant.wait_until_over(job)
    assert [told["id"] for told in ran(plant)] == [job]
    assert len(plant.effects("twice", job)) == 1
    assert plant.outcomes(job) == ["succeeded"]
