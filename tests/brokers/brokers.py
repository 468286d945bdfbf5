"""The brokers behind the ledger, each with a corner of its own: a Redis number, a RabbitMQ virtual host."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import redis
from amqp.exceptions import NotFound
from kombu import Connection

from tests.services import RABBITMQ, REDIS


class Broker(Protocol):
    """A broker as a test sees it."""

    url: str

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue, without those that a worker has taken."""
        ...

    def lose(self, queue: str) -> None:
        """Forget every message of a queue, as a broker does that was wiped or failed over."""
        ...


class Redis:
    def __init__(self, url: str) -> None:
        self.url = url
        self.client: Any = redis.Redis.from_url(url)

    def waiting(self, queue: str) -> int:
        names = [queue, *(f"{queue}\x06\x16{priority}" for priority in (3, 6, 9))]
        return sum(self.client.llen(name) for name in names)

    def lose(self, queue: str) -> None:
        self.client.pipeline().flushdb().set(TAKEN, 1).execute()


class RabbitMQ:
    def __init__(self, url: str) -> None:
        self.url = url

    def waiting(self, queue: str) -> int:
        with Connection(self.url) as connection:
            try:
                return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
            except NotFound:
                return 0  # nobody has sent anything yet

    def lose(self, queue: str) -> None:
        with Connection(self.url) as connection:
            connection.default_channel.queue_purge(queue)


#: Says in a Redis number that a test has it.
TAKEN = "hardy-brokers-tests"


@contextmanager
def own_redis() -> Iterator[Redis]:
    """A Redis number in which nothing was."""
    for number in range(15, 0, -1):
        broker = Redis(REDIS.with_path(str(number)))
        if not broker.client.dbsize() and broker.client.setnx(TAKEN, 1):
            break
    else:
        raise AssertionError(
            "every Redis number from 1 to 15 has keys; empty one with: redis-cli -n 15 flushdb"
        )
    try:
        yield broker
    finally:
        broker.client.flushdb()
        broker.client.close()


@contextmanager
def own_rabbitmq() -> Iterator[RabbitMQ]:
    """A virtual host that did not exist before."""
    name = f"hardy_brokers_{uuid.uuid4().hex[:8]}"
    rabbitmqctl("add_vhost", name)
    try:
        user = urlsplit(RABBITMQ.url).username or "guest"
        rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield RabbitMQ(RABBITMQ.with_path(name))
    finally:
        rabbitmqctl("delete_vhost", name)


def rabbitmqctl(*arguments: str) -> None:
    subprocess.run(["rabbitmqctl", "--quiet", *arguments], check=True, capture_output=True, timeout=60)


OWN = {"redis": own_redis, "rabbitmq": own_rabbitmq}
