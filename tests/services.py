"""The servers that some tests need: where they are looked for, and what starts them.

An address is changed by its environment variable, such as HARDY_TEST_POSTGRESQL=postgres://me:secret@db:5432/postgres.
With HARDY_REQUIRE_SERVICES=1 a missing server fails the test that needs it instead of skipping it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pymysql
import redis
from kombu import Connection


@dataclass(frozen=True)
class Service:
    """A server, its address as a URL, a probe that raises when it does not answer, and how to start it."""

    name: str
    url: str
    probe: Callable[[str], None]
    start: str

    def with_path(self, path: str) -> str:
        """The same server with another database, Redis number or virtual host."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{path}"))

    def why_missing(self) -> str | None:
        """None when it answers, otherwise one line that says what to do."""
        return _why_missing(self)


@cache
def _why_missing(service: Service) -> str | None:
    try:
        service.probe(service.url)
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f"{service.name} does not answer at {service.url} ({said}). Start it: {service.start}"
    return None


def probe_postgresql(url: str) -> None:
    psycopg.connect(url, connect_timeout=3).close()


def probe_mariadb(url: str) -> None:
    parts = urlsplit(url)
    pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        connect_timeout=3,
    ).close()


def probe_redis(url: str) -> None:
    with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
        client.ping()


def probe_rabbitmq(url: str) -> None:
    with Connection(url, connect_timeout=3) as connection:
        connection.connect()


def probe_chromium(url: str) -> None:
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        raise FileNotFoundError(f"{' and '.join(missing)} not found")


def address(name: str, default: str) -> str:
    return os.environ.get(f"HARDY_TEST_{name}", default)


POSTGRESQL = Service(
    "PostgreSQL",
    address("POSTGRESQL", "postgres://postgres:postgres@127.0.0.1:5432/postgres"),
    probe_postgresql,
    "apt-get install postgresql && service postgresql start",
)
MARIADB = Service(
    "MariaDB",
    address("MARIADB", "mysql://root@127.0.0.1:3306/mysql"),
    probe_mariadb,
    "apt-get install mariadb-server && service mariadb start",
)
REDIS = Service(
    "Redis",
    address("REDIS", "redis://127.0.0.1:6379/0"),
    probe_redis,
    "apt-get install redis-server && service redis-server start",
)
RABBITMQ = Service(
    "RabbitMQ",
    address("RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
    probe_rabbitmq,
    "apt-get install rabbitmq-server && service rabbitmq-server start",
)
CHROMIUM = Service(
    "Chromium", "/usr/bin/chromium", probe_chromium, "apt-get install chromium chromium-driver"
)

SERVICES = {
    "postgresql": POSTGRESQL,
    "mariadb": MARIADB,
    "redis": REDIS,
    "rabbitmq": RABBITMQ,
    "chromium": CHROMIUM,
}


def are_required() -> bool:
    return os.environ.get("HARDY_REQUIRE_SERVICES") == "1"
