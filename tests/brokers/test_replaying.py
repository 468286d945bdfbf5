"""A dead letter is replayed through whatever broker is behind the ledger, with all that follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.depot import Depot
from tests.fixtures.plants import Plants
from tests.waiting import until

#: A chain whose second step fails, with a callback of its own, and a chord of which one part fails.
SEND = """
from plant.mending import needs
second = needs.si(path, "second").set(link=tasks.record.si("linked"))
chained = chain(tasks.record.si("first"), second, tasks.record.s(), tasks.record.si("last")).delay()
chorded = chord([tasks.double.s(1), needs.si(path, 4)], tasks.total.s("chord")).delay()
[chained.parent.parent.id, chorded.parent.results[1].id, chained.id, chorded.id]
"""


@pytest.fixture
def plant(kind: str, open_plant: Plants) -> Iterator[Depot]:
    with open_plant(kind, settings={"CELERY_IMPORTS": ["plant.mending"]}) as depot:
        yield depot


def test_replayed_letters_run_through_the_broker_and_what_follows_from_them_goes_on(plant: Depot) -> None:
    plant.worker()
    path = plant.folder / "mended"
    step, part, chained, chorded = plant.run(SEND, path=str(path))
    until(lambda: plant.letter(step) and plant.letter(part), otherwise="nothing died")
    plant.wait_until_empty()
    assert plant.count("second") == plant.count("linked") == plant.count("last") == plant.count("chord") == 0
    path.touch()

    said = manage(plant, "dead", "replay", "--task", "plant.*", "--note", "mended", "--json")

    assert sorted(done["job"] for done in said["done"]) == sorted([step, part])
    plant.wait_for_effect("last", chained)
    plant.wait_for_effect("chord", chorded)
    plant.wait_for_effect("linked")
    plant.wait_until_empty()
    assert [plant.count(name) for name in ("first", "second", "linked", "last", "chord")] == [1, 1, 1, 1, 1]
    assert plant.outcomes(step) == plant.outcomes(part) == ["failed", "succeeded"]
    assert plant.effects("chord", chorded)[0]["detail"] == "6"
    assert plant.result(step) == ["SUCCESS", "second"]
    assert plant.letter(step) is None and plant.letter(part) is None


def test_a_letter_that_is_replayed_while_the_broker_has_lost_everything_runs(plant: Depot) -> None:
    path = plant.folder / "mended"
    first = plant.worker(name="first")
    job = plant.run("app.send_task('plant.needs', [path, 'mended']).id", path=str(path))
    until(lambda: plant.letter(job), otherwise="it did not die")
    first.kill()
    path.touch()

    manage(plant, "dead", "replay", "--id", job, "--json")
    plant.broker.lose(plant.queue)
    plant.worker(name="second")

    plant.wait_until_over(job)
    assert plant.outcomes(job) == ["failed", "succeeded"]


def manage(plant: Depot, *arguments: str) -> Any:
    """Run a verb of hardy's to its end; return the JSON it printed."""
    process = plant.process(f"manage-{len(plant.processes)}", "django", "hardy", *arguments)
    assert process.exit_code() == 0, process.log
    said, _ = json.JSONDecoder().raw_decode(process.log[process.log.index("{") :])
    return said
