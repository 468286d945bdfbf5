"""One worker per stack, for all that is tried on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.brokers.kinds import MARIADB, POSTGRESQL, RABBITMQ, REDIS, SQLITE
from tests.fixtures.plants import Plants
from tests.fuzz.stand import Stand


@pytest.fixture(params=[SQLITE, POSTGRESQL, MARIADB, REDIS, RABBITMQ])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plant(kind: str, open_plant: Plants) -> Iterator[Depot]:
    """A project whose workers know the tasks of this folder."""
    options = {"CELERY_IMPORTS": ["plant.tasks", "tests.fuzz.tasks"]}
    with open_plant(kind, settings=options, DEPOT_HARDY=hardy(**HASTY, UNKNOWN_TASK_GRACE=0.5)) as depot:
        yield depot


@pytest.fixture
def stand(plant: Depot) -> Stand:
    return Stand(plant, plant.worker())
