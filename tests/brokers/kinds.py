"""What a project of the tests may run on: a broker, in front of PostgreSQL; a database alone; or both."""

from __future__ import annotations

import pytest

REDIS = pytest.param("redis", marks=pytest.mark.services("postgresql", "redis"))
RABBITMQ = pytest.param("rabbitmq", marks=pytest.mark.services("postgresql", "rabbitmq"))
#: No broker: the ledger alone.
SQLITE = pytest.param("sqlite")
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.services("postgresql"))
MARIADB = pytest.param("mariadb", marks=pytest.mark.services("mariadb"))

#: Brokers in front of the other server.
REDIS_ON_MARIADB = pytest.param("redis on mariadb", marks=pytest.mark.services("mariadb", "redis"))
RABBITMQ_ON_MARIADB = pytest.param("rabbitmq on mariadb", marks=pytest.mark.services("mariadb", "rabbitmq"))
