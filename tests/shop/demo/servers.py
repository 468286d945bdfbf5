"""A database, a Redis number and a RabbitMQ host of one's own, gone in the end."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.services import POSTGRESQL, RABBITMQ, REDIS, are_required

REDIS_NUMBER = "11"


@contextmanager
def postgresql_database() -> Iterator[str]:
    name = f"hardy_demo_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(POSTGRESQL.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield POSTGRESQL.with_path(name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def redis_number() -> Iterator[str]:
    url = REDIS.with_path(REDIS_NUMBER)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        try:
            yield url
        finally:
            client.flushdb()


@contextmanager
def rabbitmq_host() -> Iterator[str]:
    """Queues are named in the shop's settings, so two shops on one RabbitMQ need a virtual host each."""
    if shutil.which("rabbitmqctl") is None:
        (pytest.fail if are_required() else pytest.skip)(
            "rabbitmqctl is not here to make a virtual host with"
        )
    name = f"hardy_demo_{uuid.uuid4().hex[:10]}"
    rabbitmqctl("add_vhost", name)
    try:
        user = urlsplit(RABBITMQ.url).username or "guest"
        rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield RABBITMQ.with_path(name)
    finally:
        rabbitmqctl("delete_vhost", name)


def rabbitmqctl(*arguments: str) -> None:
    done = subprocess.run(
        ["rabbitmqctl", "--quiet", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
