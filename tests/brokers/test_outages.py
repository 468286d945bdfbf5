"""Nobody who asks for a task waits for a broker, and a broker that was away is told everything when it is back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hardy import Celery
from hardy.broker import connection as broker
from hardy.broker.relay import publish_batch
from hardy.errors import BrokerAway
from hardy.ledger.delivery import Publishable
from hardy.ledger.message import as_text
from tests.acceptance.depot import Depot
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import EXTRAS

#: Sends tasks in transactions of their own, and returns the longest that one of them took.
SEND = """
import time
def send(name):
    began = time.monotonic()
    with transaction.atomic():
        models.Effect.objects.create(name="asked", pid=0)
        tasks.record.delay(name)
    return time.monotonic() - began
max(send(f"away {number}") for number in range(100))
"""
#: Far below what a client waits for a broker that is away (stock Celery: a minute and more).
AT_ONCE = 1.0

GO_AWAY = {"black-holed": Proxy.black_hole, "stopped": Proxy.stop}


@pytest.mark.parametrize("how", GO_AWAY)
def test_with_the_broker_away_asking_returns_at_once_and_all_runs_when_it_is_back(
    proxied: tuple[Depot, Proxy], how: str
) -> None:
    depot, proxy = proxied
    depot.worker()
    depot.wait_until_over(depot.send("record", "before"))
    go_away: Callable[[Proxy], None] = GO_AWAY[how]
    go_away(proxy)

    longest = depot.run(SEND)
    assert depot.count("asked") == depot.jobs() == 100
    proxy.heal()

    depot.wait_until_empty()
    assert longest < AT_ONCE
    assert names(depot) == sorted([f"away {number}" for number in range(100)] + ["before"])


def test_a_broker_that_stops_between_two_batches_is_away(kind: str, broker_of: Callable[[str], Any]) -> None:
    proxy = Proxy(broker_of(kind).url)
    app = Celery("caller", broker=proxy.url)
    row = Publishable(
        "an id",
        "outages",
        as_text("[[], {}, {}]", {"id": "an id", "task": "a.task"}, {}, "application/json", "utf-8"),
    )
    with broker.connect(app) as connection:
        with broker.translated(connection):
            publish_batch(app, connection, [row])
        proxy.stop()

        with pytest.raises(BrokerAway), broker.translated(connection):
            publish_batch(app, connection, [row])


def test_connections_that_break_while_tasks_run_lose_and_double_nothing(proxied: tuple[Depot, Proxy]) -> None:
    depot, proxy = proxied
    depot.worker()

    for part in range(4):
        depot.run("for n in range(25): tasks.record.delay(f'{part} {n}')", part=part)
        depot.wait_for_effect(f"{part} 0")
        proxy.cut()

    depot.wait_until_empty()
    assert names(depot) == sorted(f"{part} {number}" for part in range(4) for number in range(25))


def test_a_process_killed_between_its_commit_and_the_broker_has_its_task_run(plant: Depot) -> None:
    plant.worker()
    assert (EXTRAS / "plant" / "die.py").exists()

    killed = plant.process("killed", "plant.die", "survived")

    assert killed.exit_code() == -9
    plant.wait_for_effect("survived", seconds=10)
    plant.wait_until_empty()
    assert names(plant) == ["survived"]


def names(depot: Depot) -> list[str]:
    return sorted(
        depot.run("list(models.Effect.objects.exclude(name='asked').values_list('name', flat=True))")
    )
