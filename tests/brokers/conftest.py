"""A project on PostgreSQL with a broker behind its ledger."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import open_depot, pytest_runtest_makereport, servers  # noqa: F401
from tests.acceptance.databases import PROJECT
from tests.acceptance.depot import Depot
from tests.brokers.brokers import OWN, Broker
from tests.brokers.proxy import Proxy

EXTRAS = Path(__file__).with_name("extras")

REDIS = pytest.param("redis", marks=pytest.mark.services("postgresql", "redis"))
RABBITMQ = pytest.param("rabbitmq", marks=pytest.mark.services("postgresql", "rabbitmq"))
#: No broker: the ledger alone.
SQLITE = pytest.param("sqlite")
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.services("postgresql"))

#: Brokers in front of the other server.
REDIS_ON_MARIADB = pytest.param("redis on mariadb", marks=pytest.mark.services("mariadb", "redis"))
RABBITMQ_ON_MARIADB = pytest.param("rabbitmq on mariadb", marks=pytest.mark.services("mariadb", "rabbitmq"))

Plants = Callable[..., Any]


@pytest.fixture(scope="session")
def broker_of() -> Iterator[Callable[[str], Broker | None]]:
    """A function that gives the broker of a kind; None where the ledger is the broker."""
    with ExitStack() as brokers:

        @cache
        def give(kind: str) -> Broker | None:
            return brokers.enter_context(OWN[kind]()) if kind in OWN else None

        yield give


@pytest.fixture(scope="session")
def open_plant(open_depot: Any, broker_of: Callable[[str], Broker | None]) -> Plants:  # noqa: F811
    """A context that holds a project on a broker of a kind, with a database and a queue of its own.

    A kind is a broker, in front of PostgreSQL; a database, without a broker; or both: "redis on mariadb".
    """

    @contextmanager
    def open_one(
        kind: str, *, url: str | None = None, settings: dict[str, Any] | None = None, **environment: str
    ) -> Iterator[Depot]:
        first, _, named = kind.partition(" on ")
        broker = broker_of(first)
        queue = f"plant-{uuid.uuid4().hex[:8]}"
        ours = {
            "CELERY_BROKER_URL": url or (broker.url if broker else "hardy://"),
            "CELERY_TASK_DEFAULT_QUEUE": queue,
            "CELERY_IMPORTS": ["plant.tasks"],
            **(settings or {}),
        }
        path = os.pathsep.join([str(PROJECT), str(EXTRAS), os.environ.get("PYTHONPATH", "")]).rstrip(
            os.pathsep
        )
        database = first if broker is None else named or "postgresql"
        with open_depot(database, DEPOT_SETTINGS=json.dumps(ours), PYTHONPATH=path, **environment) as depot:
            depot.queue = queue
            depot.broker = broker
            yield depot

    return open_one


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
