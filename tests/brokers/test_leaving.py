"""Leaving hardy as docs/leaving.md says it: nothing is stuck, nothing is lost, nothing that was called off runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.brokers.brokers import Broker
from tests.brokers.kinds import SQLITE
from tests.brokers.stocks import ran, stock_worker
from tests.brokers.test_foreign_messages import stock
from tests.fixtures.plants import Plants
from tests.waiting import until

TABLES = "[name for name in connection.introspection.table_names() if name.startswith('hardy_')]"


def test_whoever_leaves_hands_all_that_waits_to_workers_without_hardy(plant: Depot) -> None:
    waiting = [plant.send("record", f"waiting {number}") for number in range(5)]
    later = plant.send("record", "later", countdown=12)
    chained = plant.run("chain(tasks.add.s(1, 2), tasks.record.s()).delay().parent.id")
    plant.send("record", "next year", countdown=365 * 86400)
    cancelled, moved = plant.send("record", "cancelled"), plant.send("record", "moved")
    until(lambda: plant.jobs(state="queued") == 8, otherwise="the broker was not told")
    foreign = stock(plant, "depot.record", "foreign")
    plant.run("from hardy.ledger.cancellation import cancel, reschedule\ncancel([a]); reschedule(b, 12)",
              a=cancelled, b=moved)  # fmt: skip
    due = {job: plant.job(job)["due_at"] for job in (later, moved)}

    leave(plant)
    stock_worker(plant, plant.broker.url)

    at_once = {*waiting, foreign}
    until(
        lambda: {told["id"] for told in ran(plant)} >= {*at_once, later, moved},
        otherwise=lambda: f"{ran(plant)}",
    )
    told = ran(plant)
    assert len(told) == len(at_once) + 3, "something ran twice, or was called off and ran"
    assert 3 in [told["name"] for told in told], f"the chain of {chained} did not go on"
    at = {one["id"]: one["at"] for one in told}
    assert all(datetime.fromisoformat(at[job]) >= datetime.fromisoformat(due[job]) for job in (later, moved))


@pytest.mark.services("redis")
@pytest.mark.parametrize("kind", [SQLITE])
def test_whoever_leaves_the_embedded_broker_hands_over_to_another(
    kind: str, open_plant: Plants, broker_of: Callable[[str], Broker]
) -> None:
    broker = broker_of("redis")
    with open_plant(kind) as plant:
        waiting = [plant.send("record", f"waiting {number}") for number in range(5)]
        assert "Name the one that takes over" in refusal(plant)

        leave(plant, "--to", broker.url)
        stock_worker(plant, broker.url)

        until(lambda: {told["id"] for told in ran(plant)} == {*waiting}, otherwise=lambda: f"{ran(plant)}")


def test_nothing_is_handed_over_while_workers_are_alive_and_a_dry_run_only_looks(plant: Depot) -> None:
    worker = plant.worker(DEPOT_HARDY=hardy(HEARTBEAT=0.3, HEARTBEAT_TIMEOUT=1.5))
    plant.send("record", "later", countdown=3600)

    assert f"one@{plant.host}: alive. Stop the workers first" in refusal(plant)
    said = manage(plant, "hardy", "handover", "--dry-run", "--json")

    assert json.loads(said)["queues"] == [{"queue": plant.queue, "now": 0, "later": 1, "with_workers": 0}]
    assert plant.jobs(state="held") == 1
    assert not worker.has_ended


def leave(plant: Depot, *to: str) -> None:
    """Do what the page says."""
    assert "Sent " in manage(plant, "hardy", "handover", *to)
    assert plant.jobs() == 0
    manage(plant, "migrate", "hardy", "zero", "--verbosity=0")
    assert plant.run(TABLES) == []


def manage(plant: Depot, *arguments: str, code: int = 0) -> str:
    process = plant.process(f"manage-{len(plant.processes)}", "django", *arguments)
    assert process.exit_code() == code, process.log
    return process.log


def refusal(plant: Depot) -> Any:
    return manage(plant, "hardy", "handover", code=1)
