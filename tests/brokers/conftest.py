"""A project on PostgreSQL with a broker behind its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.brokers import Broker
from tests.brokers.kinds import RABBITMQ, REDIS
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants


@pytest.fixture(params=[REDIS, RABBITMQ])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plant(kind: str, open_plant: Plants) -> Iterator[Depot]:
    """A project for one test, on each broker."""
    with open_plant(kind) as depot:
        yield depot


@pytest.fixture
def proxied(
    kind: str, open_plant: Plants, broker_of: Callable[[str], Broker]
) -> Iterator[tuple[Depot, Proxy]]:
    """A project whose processes all reach their broker through a proxy."""
    proxy = Proxy(broker_of(kind).url)
    try:
        with open_plant(kind, url=proxy.url) as depot:
            yield depot, proxy
    finally:
        proxy.close()
