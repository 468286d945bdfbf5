"""A transaction survives whatever is asked of Celery inside it: its connection is its owner's alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.kinds import MARIADB, POSTGRESQL, RABBITMQ, REDIS, REDIS_ON_MARIADB, SQLITE
from tests.fixtures.plants import Plants

ACTS = ("send", "revoke", "command", "inspect", "event", "connect")

#: As a team has it that watches its tasks with Flower.
SETTINGS = {"CELERY_TASK_SEND_SENT_EVENT": True, "CELERY_IMPORTS": ["plant.tasks", "plant.inside"]}

CHORDS = """
results = [chord([tasks.double.s(n) for n in range(3)], tasks.total.s("chord")).delay() for _ in range(count)]
[result.id for result in results]
"""


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL, MARIADB, REDIS, RABBITMQ, REDIS_ON_MARIADB])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    """One project with one worker, which sends events, for all tests of this module."""
    with open_plant(request.param, settings=SETTINGS) as depot:
        depot.worker("-E")
        yield depot


@pytest.mark.parametrize("how", ["inside", "inside_by_hand"])
def test_a_senders_transaction_goes_on_behind_it(site: Depot, how: str) -> None:
    site.run(
        "from plant import inside\nfor act in acts:\n    getattr(inside, how)(act, f'{how} {act}')",
        acts=ACTS, how=how,
    )  # fmt: skip

    for act in ACTS:
        assert [effect["job"] for effect in site.effects(f"{how} {act}")] == ["before", "behind"], act
    site.wait_for_effect(f"{how} send, sent")


def test_a_senders_transaction_can_be_rolled_back_behind_it(site: Depot) -> None:
    site.run(
        "from plant import inside\nfor act in acts:\n    inside.rolled_back(act, f'rolled back {act}')",
        acts=ACTS,
    )

    site.wait_until_over(site.send("record", "the next"))
    assert [site.count(f"rolled back {act}") for act in ACTS] == [0] * len(ACTS)
    assert site.count("rolled back send, sent") == 0


@pytest.mark.parametrize("task", ["plant.do_inside", "plant.do_inside_wholly"])
def test_a_tasks_transaction_goes_on_behind_it(site: Depot, task: str) -> None:
    jobs = {
        act: site.run("app.send_task(task, [act, name]).id", task=task, act=act, name=f"{task} {act}")
        for act in ACTS
    }

    site.wait_until_over(*jobs.values())

    for act, job in jobs.items():
        assert site.outcomes(job) == ["succeeded"], act
        assert site.count(f"{task} {act}") == 2, act
    site.wait_for_effect(f"{task} send, sent")


def test_chords_whose_parts_count_in_the_closing_transaction_end_once(site: Depot) -> None:
    jobs = site.run(CHORDS, count=12)

    site.wait_for_effect("chord", times=12)
    site.wait_until_empty()
    assert sorted(effect["job"] for effect in site.effects("chord")) == sorted(jobs)
    assert site.count("part") == 36
    assert not site.run("ledger.DeadLetter.objects.exists()")


LISTENING = """
from plant import inside
heard = []
with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={"task-sent": heard.append})
    capture = receiver.itercapture(timeout=30, wakeup=False)
    next(capture)
    inside.rolled_back("send", "unheard")
    inside.inside("send", "heard")
    while not heard:
        next(capture)
heard[0]["uuid"]
"""


def test_a_sent_event_is_heard_of_what_was_committed_alone(site: Depot) -> None:
    uuid = site.run(LISTENING)

    site.wait_for_effect("heard, sent")
    assert [effect["job"] for effect in site.effects("heard, sent")] == [uuid]
