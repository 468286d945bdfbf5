"""Messages as somebody without hardy puts them into a broker."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import amqp

from tests.acceptance.depot import Depot
from tests.brokers.brokers import RabbitMQ, Redis
from tests.fuzz.sending import changed

#: Puts a message with what was made up into the broker, and returns the id that it would have had.
Put = Callable[[dict[str, Any]], str]


@contextmanager
def outsider(depot: Depot) -> Iterator[Put]:
    """Whoever else may write to the project's broker."""
    if isinstance(depot.broker, Redis):
        yield lambda given: put_into_redis(depot, given)
        return
    assert isinstance(depot.broker, RabbitMQ)
    rabbitmq = Channel(depot.broker.url)
    try:
        yield lambda given: put_on_rabbitmq(rabbitmq, depot.queue, given)
    finally:
        rabbitmq.close()


def put_into_redis(depot: Depot, given: dict[str, Any]) -> str:
    job = str(uuid.uuid4())
    given = {name: with_id_of_its_own(value, job) for name, value in given.items()}
    text = given.get("text")
    if text is None:
        text = json.dumps(unique(changed(foreign(job, depot.queue), given), job))
    depot.broker.client.lpush(depot.queue, text.encode("utf-8", "surrogatepass"))
    return job


def put_on_rabbitmq(channel: Channel, queue: str, given: dict[str, Any]) -> str:
    """Publish as far as AMQP carries it: a change that it has no form for is left out."""
    job = str(uuid.uuid4())
    given = {name: with_id_of_its_own(value, job) for name, value in given.items()}
    for changes in (given.get("changes", []), []):
        broken = unique(changed(foreign(job, queue), {**given, "changes": changes}), job)
        if channel.takes(lambda broken=broken: amqp_message(broken, given), queue):
            return job
    raise AssertionError(f"RabbitMQ takes no such message: {given!r:.2000}")


class Channel:
    """A channel to RabbitMQ that is opened again whenever a message has closed it."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._connection: Any = None

    def takes(self, make: Callable[[], Any], queue: str) -> bool:
        try:
            self._channel().basic_publish(make(), routing_key=queue)
        except Exception:  # AMQP has no form for it, or RabbitMQ refuses it
            self.close()
            return False
        return True

    def _channel(self) -> Any:
        if self._connection is None:
            self._connection = amqp.Connection(
                f"{self._url.hostname}:{self._url.port or 5672}", self._url.username or "guest",
                self._url.password or "guest", virtual_host=self._url.path[1:] or "/", confirm_publish=True,
            )  # fmt: skip
            self._connection.connect()
            self._opened = self._connection.channel()
        return self._opened

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()


def foreign(job: str, queue: str) -> dict[str, Any]:
    """A message as stock Celery sends it."""
    body = json.dumps([["foreign"], {}, {"callbacks": None, "errbacks": None}])
    return {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py", "task": "depot.record", "id": job, "root_id": job, "parent_id": None, "group": None,
            "eta": None, "expires": None, "retries": 0, "timelimit": [None, None],
            "argsrepr": "('foreign',)", "kwargsrepr": "{}",
        },
        "properties": {
            "correlation_id": job, "reply_to": str(uuid.uuid4()), "delivery_mode": 2, "priority": 0,
            "body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": queue},
            "delivery_tag": str(uuid.uuid4()),
        },
    }  # fmt: skip


def unique(message: dict[str, Any], job: str) -> dict[str, Any]:
    """Two messages of one id are one job: an id that was changed stays one of its own, of whatever type."""
    headers = message.get("headers")
    if isinstance(headers, dict) and headers.get("id") not in (None, "", job):
        headers["id"] = made_unique(headers["id"], job)
    return message


def made_unique(value: Any, job: str) -> Any:
    number = int(job[:8], 16)
    if isinstance(value, bool | float):
        return number + 0.5
    if isinstance(value, int):
        return value + number
    if isinstance(value, str):
        return value + job
    return [value, job] if isinstance(value, list) else {**value, "number": job}


def with_id_of_its_own(said: Any, job: str) -> Any:
    """The first protocol has its id in the body, and a whole text may have one too."""
    return re.sub(r'"id": "(old|a)"', f'"id": "{job}"', said) if isinstance(said, str) else said


def amqp_message(message: dict[str, Any], given: dict[str, Any]) -> Any:
    properties = message.get("properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    is_binary = properties.pop("body_encoding", None) == "base64"
    body = given.get("text", message.get("body"))
    if is_binary and "text" not in given and isinstance(body, str):
        body = base64.b64decode(body)
    for mine in ("delivery_info", "delivery_tag"):
        properties.pop(mine, None)
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = message.get("headers")
    return amqp.Message(
        body, application_headers=headers if isinstance(headers, dict) else {},
        content_type=message.get("content-type"), content_encoding=message.get("content-encoding"), **properties,
    )  # fmt: skip
