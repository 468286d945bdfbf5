"""What a broker refuses costs only itself: the job becomes a dead letter, or its queue waits; the others run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.kinds import RABBITMQ, REDIS
from tests.waiting import until

#: What makes RabbitMQ close a channel, or the connection, when it is published.
REFUSED = [
    {"properties": {"user_id": "somebody"}},
    {"headers": {"CC": "no list"}},
    {"headers": {"BCC": "no list"}},
    {"properties": {"reply_to": "amq.rabbitmq.reply-to"}},
    {"properties": {"expiration": -5}},
    {"headers": {"x": "z" * 150_000}},
    {"headers": {"y": "z" * 150_000}},
]

#: Twenty good rows, with a refused one after each second of them, become ready in one moment: the relay gets them all.
SPOIL = """
import json
from hardy.db.clock import seconds_from_now
good = [tasks.record.apply_async([f"good {number}"], countdown=3600).id for number in range(20)]
bad = [tasks.record.apply_async(["bad"], countdown=3600).id for _ in refused]
for job, changes in zip(bad, refused):
    message = json.loads(ledger.Job.objects.get(id=job).message)
    for part, values in changes.items():
        message[part].update(values)
    ledger.Job.objects.filter(id=job).update(message=json.dumps(message))
ledger.Job.objects.update(due_at=seconds_from_now(-2), enqueued_at=seconds_from_now(-5))
[good, bad]
"""


@pytest.mark.parametrize("kind", [RABBITMQ])
def test_messages_that_rabbitmq_refuses_are_dead_letters_and_their_neighbours_run(plant: Depot) -> None:
    worker = plant.worker()

    good, bad = plant.run(SPOIL, refused=REFUSED)

    plant.wait_until_over(*good, *bad, seconds=50)
    assert {plant.outcomes(job)[-1] for job in good} == {"succeeded"}
    assert plant.count("bad") == 0
    letters = [plant.letter(job) for job in bad]
    assert all(letter and letter["reason"] == "undecodable" for letter in letters)
    assert all("The broker refuses this message" in letter["error"] for letter in letters if letter)
    assert not worker.has_ended


@pytest.mark.parametrize("kind", [RABBITMQ])
def test_whoever_leaves_hands_over_all_but_what_rabbitmq_refuses(plant: Depot) -> None:
    good, bad = plant.run(SPOIL, refused=REFUSED)

    sent, kept = plant.run(HAND_OVER)

    assert (sent, sorted(kept)) == (len(good), sorted(bad))
    assert all("The broker refuses it" in why for why in kept.values())
    assert plant.jobs() == len(bad)


HAND_OVER = """
from hardy.broker.export import export_jobs
done = export_jobs(app)
[done.sent, done.kept]
"""


@pytest.mark.parametrize("kind", [RABBITMQ])
def test_a_queue_that_rabbitmq_has_in_another_way_waits_and_the_others_go_on(plant: Depot) -> None:
    plant.worker()
    plant.run(
        "from kombu import Connection, Queue\n"
        "with Connection(url) as c: Queue('inequal', durable=False, channel=c.default_channel).declare()",
        url=plant.broker.url,
    )

    waiting = plant.send("record", "waiting", queue="inequal")
    postponed(plant, waiting)

    runs_at_once(plant)


@pytest.mark.parametrize("kind", [REDIS])
def test_a_queue_whose_name_is_something_else_in_redis_waits_and_the_others_go_on(plant: Depot) -> None:
    plant.worker()
    plant.broker.client.set("no-list", "text")

    waiting = plant.send("record", "waiting", queue="no-list")
    postponed(plant, waiting)

    runs_at_once(plant)


def postponed(plant: Depot, job: str) -> None:
    until(
        lambda: plant.job(job)["state"] == "held" and plant.job(job)["token"] > 0,
        otherwise=lambda: f"it was not postponed: {plant.job(job)}",
    )


def runs_at_once(plant: Depot) -> None:
    """The sender's own publisher has broken off: it is the relay that publishes these."""
    plant.wait_until_over(*[plant.send("record", f"good {number}") for number in range(5)])


UNSENDABLE = [
    ("rabbitmq", {"user_id": "somebody"}, "user_id"),
    ("rabbitmq", {"headers": {"CC": "x"}}, "list of routing keys"),
    ("rabbitmq", {"headers": {"BCC": {"a": 1}}}, "list of routing keys"),
    ("rabbitmq", {"headers": {"x": "z" * 150_000}}, "bytes long"),
    ("rabbitmq", {"reply_to": "amq.rabbitmq.reply-to"}, "leave it out"),
    ("rabbitmq", {"queue": "amq.gen-x"}, "choose another name"),
    ("redis", {"queue": "unacked"}, "choose another queue"),
    ("redis", {"queue": "_kombu.binding.celery"}, "choose another queue"),
]
REFUSE = """
try:
    said = tasks.record.apply_async(["refused"], **options).id
except ValueError as error:
    said = f"refused: {error}"
said
"""


@pytest.mark.parametrize("kind", [RABBITMQ, REDIS])
def test_it_is_refused_where_it_is_sent_with_the_remedy(plant: Depot, kind: str) -> None:
    for _, options, remedy in [case for case in UNSENDABLE if case[0] == kind]:
        said = plant.run(REFUSE, options=options)
        assert said.startswith("refused: ") and remedy in said, (options, said)
    assert plant.jobs() == 0
    # What stock Celery sends, and RabbitMQ takes, is sent.
    plant.worker()
    fine: list[dict[str, Any]] = [
        {"user_id": "guest"},
        {"headers": {"CC": ["nobody's"]}},
        {"headers": {"x": "z" * 9999}},
    ]
    plant.wait_until_over(*[plant.send("record", "fine", **options) for options in fine])
    assert plant.count("fine") == 3, json.dumps(fine)[:80]
