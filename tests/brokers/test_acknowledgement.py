"""What a worker has taken from Redis is remembered by the ledger, and by Redis only where somebody else needs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu import Connection

from tests.acceptance.depot import Depot
from tests.brokers.kinds import REDIS
from tests.waiting import until

pytestmark = pytest.mark.parametrize("kind", [REDIS], indirect=True)

UNACKED = "unacked"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file that a task waits for."""
    return tmp_path / "gate"


def held_back(plant: Depot) -> int:
    """How many messages of this project's queue Redis remembers; those of others are theirs."""
    return sum(plant.queue.encode() in kept for kept in plant.broker.client.hvals(UNACKED))


def with_transport_options(plant: Depot, **options: Any) -> dict[str, str]:
    settings = {
        **json.loads(plant.environment["DEPOT_SETTINGS"]),
        "CELERY_BROKER_TRANSPORT_OPTIONS": options,
    }
    return {"DEPOT_SETTINGS": json.dumps(settings)}


def test_redis_need_not_remember_what_a_worker_of_hardy_runs(plant: Depot, gate: Path) -> None:
    plant.worker()
    job = plant.send("wait_for", str(gate), "opened")
    plant.wait_for_effect("begun", job)

    assert held_back(plant) == 0

    gate.touch()
    plant.wait_until_over(job)


def test_a_project_that_wants_redis_to_remember_has_it_so(plant: Depot, gate: Path) -> None:
    plant.worker(**with_transport_options(plant, ack_emulation=True))
    job = plant.send("wait_for", str(gate), "opened")
    plant.wait_for_effect("begun", job)

    assert held_back(plant) == 1

    gate.touch()
    plant.wait_until_over(job)
    until(lambda: held_back(plant) == 0, otherwise="Redis still remembers")


def test_what_a_dead_worker_without_hardy_had_taken_is_put_back(plant: Depot) -> None:
    with Celery("stock", broker=plant.broker.url, set_as_current=False) as stock:
        job = stock.send_task("depot.record", ["left behind"], queue=plant.queue).id
    dead = Connection(plant.broker.url, transport_options={"visibility_timeout": 1})
    assert dead.default_channel.basic_get(plant.queue) is not None
    until(lambda: held_back(plant) == 1, otherwise="it was not taken")
    plant.environment |= with_transport_options(plant, visibility_timeout=1)

    def restore() -> bool:
        plant.run("from hardy.broker.acknowledgement import RestoreLeftBehind; RestoreLeftBehind().tick()")
        return held_back(plant) == 0

    until(restore, otherwise="it was not put back")
    plant.worker()
    plant.wait_for_effect("left behind", job)
    dead.default_channel.qos._on_collect.cancel()  # the dead restore nothing
