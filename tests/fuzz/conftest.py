"""One worker per stack, for all that is tried on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.brokers.kinds import MARIADB, POSTGRESQL, RABBITMQ, REDIS, SQLITE
from tests.fixtures.plants import Plants
from tests.fuzz.stands import Stands


@pytest.fixture(params=[SQLITE, POSTGRESQL, MARIADB, REDIS, RABBITMQ])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def stands(open_plant: Plants) -> Iterator[Stands]:
    """The stands of this process; each is opened once somebody asks for it, and none outlives these tests."""
    with Stands(open_plant) as stands:
        yield stands
