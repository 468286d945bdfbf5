"""With a signing key, a worker runs what its project sent and sets aside what others put into the broker."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.brokers.test_foreign_messages import raw, stock
from tests.fixtures.plants import Plants
from tests.waiting import until

SIGNED = {"DEPOT_HARDY": hardy(SIGNING_KEY="k" * 40)}

EVERY_WAY = """
chained = chain(tasks.add.s(1, 2), tasks.total_of.s("chained")).delay()
chorded = chord([tasks.double.s(1), tasks.double.s(2)], tasks.total.s("chorded")).delay()
[
    tasks.record.delay("plain").id,
    tasks.retry.delay("retried", 1).id,
    tasks.record.apply_async(["compressed"], compression="gzip").id,
    app.send_task("depot.record", ["by name"]).id,
    tasks.replace_by_record.delay("replaced").id,
    tasks.record.apply_async(["later"], countdown=0.5).id,
    chained.id, chained.parent.id, chorded.id,
]
"""
REPLAY = """
from hardy.dead_letters.replaying import replay
replay(ledger.DeadLetter.objects.filter(job=job), by="ada")
"""
EFFECTS = ["plain", "retried", "compressed", "by name", "replaced", "later", "chained", "chorded"]


@pytest.fixture
def plant(kind: str, open_plant: Plants) -> Any:
    with open_plant(kind, **SIGNED) as depot:
        yield depot


def test_what_the_project_sends_runs_in_every_way(plant: Depot) -> None:
    plant.worker()

    plant.run(EVERY_WAY)

    for effect in EFFECTS:
        plant.wait_for_effect(effect)
    plant.wait_until_empty()
    assert plant.run("ledger.DeadLetter.objects.count()") == 0


def test_what_others_put_into_the_broker_is_a_dead_letter_and_runs_once_somebody_replays_it(
    plant: Depot,
) -> None:
    worker = plant.worker()

    foreign = stock(plant, "depot.record", "foreign")
    raw(plant, b'[["first protocol"], {}, {}]', headers={})
    raw(plant, b'{"task": "depot.record", "id": "one", "args": ["first"], "kwargs": {}}', headers={})
    raw(plant, b'[["bypass"], {}, {}]', headers={"id": "two", "task": "depot.record", "hardy": ""})
    good = [plant.send("record", f"good {number}") for number in range(5)]

    plant.wait_until_over(*good)
    until(lambda: plant.run("ledger.DeadLetter.objects.count()") == 4, otherwise="not every message was kept")
    assert set(plant.run("list(ledger.DeadLetter.objects.values_list('reason', flat=True))")) == {"unsigned"}
    assert plant.letter(foreign)["reason"] == "unsigned"
    assert not worker.has_ended
    assert plant.count("foreign") == plant.count("first") == plant.count("bypass") == 0

    plant.run(REPLAY, job=foreign)
    plant.wait_for_effect("foreign")
