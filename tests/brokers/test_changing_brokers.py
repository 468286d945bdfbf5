"""A project that changes its broker loses nothing: what waits is in the ledger (docs/guides/choosing.md)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.brokers import Broker
from tests.brokers.kinds import REDIS
from tests.fixtures.plants import Plants
from tests.waiting import until


def settings_with(plant: Depot, url: str) -> str:
    """What the environment says to a process that is started after the change."""
    return json.dumps({**json.loads(plant.environment["DEPOT_SETTINGS"]), "CELERY_BROKER_URL": url})


def all_succeed(plant: Depot, jobs: list[str]) -> None:
    until(lambda: plant.jobs() == 0, seconds=60, otherwise="something still waits")
    assert [plant.outcomes(job) for job in jobs] == [["succeeded"]] * len(jobs)


@pytest.mark.services("redis")
def test_what_waits_without_a_broker_is_published_to_the_one_that_comes(
    open_plant: Plants, broker_of: Callable[[str], Broker]
) -> None:
    with open_plant("sqlite") as plant:
        waiting = [plant.send("record", f"waiting {number}") for number in range(3)]
        waiting.append(plant.send("record", "later", countdown=2))

        plant.worker(DEPOT_SETTINGS=settings_with(plant, broker_of("redis").url))

        all_succeed(plant, waiting)


@pytest.mark.parametrize("kind", [REDIS])
def test_what_was_published_to_a_broker_is_taken_from_the_ledger_once_it_is_gone(
    open_plant: Plants, kind: str
) -> None:
    with open_plant(kind) as plant:
        waiting = [plant.send("record", f"waiting {number}") for number in range(3)]
        waiting.append(plant.send("record", "later", countdown=2))
        until(lambda: plant.jobs(state="queued") >= 3, otherwise="the broker was not told")

        plant.worker(DEPOT_SETTINGS=settings_with(plant, "hardy://"))

        all_succeed(plant, waiting)
