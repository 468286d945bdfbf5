"""Flower's page about the broker, on ``hardy://``."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from flower.utils.broker import Broker, Redis
from flower.views.broker import BrokerView

from tests.contracts.rows import asked, started


@pytest.fixture
def broker(app: Any) -> Any:
    """What Flower's page asks, once a connection to the ledger was made."""
    with app.connection_for_read() as connection:
        connection.transport  # noqa: B018 - makes it
    return Broker(app.connection_for_read().as_uri(include_password=True), http_api=None)


def queues(broker: Any, *names: str) -> dict[str, Any]:
    return {queue["name"]: queue for queue in asyncio.run(broker.queues(names))}


def test_a_queue_is_shown_with_what_waits_and_what_runs(broker):
    started("runs")
    asked("waits")
    asked("later", delay=60)

    [queue] = queues(broker, "default").values()

    assert (queue["messages"], queue["messages_ready"], queue["messages_unacknowledged"]) == (3, 1, 1)
    assert queue["consumers"] == 0


def test_a_queue_that_is_empty_and_one_that_nobody_reads_are_shown_too(broker):
    asked("job-1", queue="forgotten")

    shown = queues(broker, "default")

    assert {name: queue["messages"] for name, queue in shown.items()} == {"default": 0, "forgotten": 1}
    assert json.dumps(shown)


def test_flower_knows_its_own_brokers_as_before(broker):
    assert isinstance(Broker("redis://nowhere"), Redis)
    with pytest.raises(NotImplementedError):
        Broker("memory://")
    assert BrokerView.get_broker.__globals__["Broker"] is Broker
