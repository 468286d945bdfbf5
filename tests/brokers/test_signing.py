"""With a signing key, a worker runs what its project sent and sets aside what others put into the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.brokers.kinds import RABBITMQ, REDIS, SQLITE
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


#: What has a job come back, moves it, or sends it in a way of its own.
AND_BACK = """
from django.core.management import call_command
from hardy import send_many
from hardy.ledger.cancellation import cancel, reschedule
from plant.tasks import fleeting, snooze
def later(name):
    return tasks.record.apply_async([name], countdown=3600).id
def command(*line):
    call_command("hardy", *line, stdout=open("/dev/null", "w"))
sent = send_many(tasks.record, [["many"], {"name": "many"}])
sent += [tasks.kill_child.delay("crashed once").id, fleeting.delay("fleeting").id]
sent += [snooze.delay("snoozed", log, 1, 0.1).id, later("moved"), later("moved by command")]
reschedule(sent[-2], 0)
command("reschedule", sent[-1], "--in", "0s")
called_off = [later("called off"), later("called off")]
cancel(called_off[:1])
command("cancel", called_off[1])
sent + called_off
"""
CAME_BACK = ["many", "crashed once", "fleeting", "snoozed", "moved", "moved by command"]
EDIT = """
from hardy.dead_letters.replaying import edit_and_replay
edit_and_replay(ledger.DeadLetter.objects.get(job=job), ["edited", 0], {}, by="ada") and None
"""
REPLAY_BY_COMMAND = """
from django.core.management import call_command
call_command("hardy", "dead", "replay", "--id", str(ledger.DeadLetter.objects.get(job=job).pk), "--yes")
"""


@pytest.fixture(params=[SQLITE, REDIS, RABBITMQ])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


def test_a_signature_holds_whatever_brings_a_job_back_or_moves_it(plant: Depot, tmp_path: Path) -> None:
    worker = plant.worker(DEPOT_HARDY=hardy(SIGNING_KEY="k" * 40, **HASTY))
    plant.beat(DEPOT_SCHEDULE=json.dumps({"by schedule": ["interval", 1.0]}))
    edited = plant.send("retry", "never", 99)

    jobs = plant.run(AND_BACK, log=str(tmp_path / "log"))

    for effect in [*CAME_BACK, "by schedule"]:
        plant.wait_for_effect(effect, seconds=60)
    plant.wait_until_over(*jobs, seconds=60)
    assert plant.count("called off") == 0
    until(lambda: plant.letter(edited), seconds=60, otherwise="no dead letter of what fails")
    plant.run(EDIT, job=edited)
    plant.wait_for_effect("edited", seconds=60)
    assert {plant.outcomes(job)[-1] for job in jobs[:-2]} == {"succeeded"}
    assert plant.run("ledger.DeadLetter.objects.filter(reason='unsigned').count()") == 0

    # A worker that dies: what it had is taken by the next, from the ledger or from the broker.
    held = plant.send("wait_for", str(tmp_path / "go on"), "taken over")
    plant.wait_for_effect("begun", held)
    worker.kill()
    plant.worker(name="two", DEPOT_HARDY=hardy(SIGNING_KEY="k" * 40, **HASTY))
    (tmp_path / "go on").touch()
    plant.wait_for_effect("taken over", held, seconds=60)
    plant.wait_until_over(held)
    assert plant.outcomes(held)[-1] == "succeeded"


def test_a_letter_that_is_replayed_by_command_is_signed_anew_and_what_waits_outlives_a_new_key(
    kind: str, open_plant: Plants
) -> None:
    old, new = hardy(SIGNING_KEY="o" * 40), hardy(SIGNING_KEY="n" * 40, SIGNING_KEY_FALLBACKS=["o" * 40])
    with open_plant(kind, DEPOT_HARDY=hardy()) as plant:
        unsigned = plant.send("record", "unsigned")
        with signed_by(plant, old):
            waiting = plant.send("record", "waiting")
        plant.environment["DEPOT_HARDY"] = new
        plant.worker()

        plant.wait_until_over(waiting, unsigned)
        assert plant.outcomes(waiting) == ["succeeded"]
        assert plant.letter(unsigned)["reason"] == "unsigned"

        with signed_by(plant, new):
            plant.run(REPLAY_BY_COMMAND, job=unsigned)
        plant.wait_for_effect("unsigned")


@contextmanager
def signed_by(plant: Depot, settings: str) -> Iterator[None]:
    """Send from a process with other settings."""
    plant.environment["DEPOT_HARDY"] = settings
    plant.__dict__.pop("desk", None)
    yield


@pytest.mark.parametrize("kind", [REDIS, RABBITMQ])
def test_what_is_handed_over_carries_no_signature(plant: Depot) -> None:
    plant.send("record", "leaving")

    plant.run("from hardy.broker.export import export_jobs\nexport_jobs(app).sent")

    with Connection(plant.broker.url) as connection, connection.channel() as channel:
        headers = Queue(plant.queue, channel=channel).get(no_ack=True).headers
    assert headers["task"] == "depot.record"
    assert not {"hardy", "hardy_signature"}.intersection(headers)


@pytest.mark.parametrize("kind", [REDIS, RABBITMQ])
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
