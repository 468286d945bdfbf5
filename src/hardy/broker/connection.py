"""The broker behind the ledger: none (``hardy://``), or one that only hears which rows may start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from kombu import exceptions
from kombu.exceptions import OperationalError

from hardy.errors import BrokerAway
from hardy.ledger.message import LEDGER_HEADER, body_of, decode
from hardy.ledger.signing import signature
from hardy.subscribing import reply_queues

#: Seconds a broker has to answer while new rows are published; then the relay tries again.
DEADLINE = 2.0

#: Kombu's pauses between tries to connect, within the deadline; its own begin with two seconds.
RETRIES = {"interval_start": 0.2, "interval_step": 0.2}

REDIS = {"redis", "rediss", "sentinel", "valkey", "valkeys"}
AMQP = {"amqp", "amqps", "pyamqp", "librabbitmq"}

#: What breaks off a batch; Kombu before 5.7 has no batches.
BATCH_ERRORS: tuple[type[Exception], ...] = tuple(
    filter(None, [getattr(exceptions, "BatchPublishError", None)])
)


@contextmanager
def connection_to(app: Any, url: str | None = None) -> Iterator[Any]:
    """Lend a new connection to the broker; whatever it raises becomes :class:`BrokerAway`."""
    connection = connect(app, url)
    try:
        with translated(connection):
            yield connection
    finally:
        connection.release()


def connect(app: Any, url: str | None = None) -> Any:
    """Return a new connection to the broker that gives up after :data:`DEADLINE` seconds, whatever the broker does."""
    transport = app.connection_for_write(url).transport_cls
    options = (dict(app.conf.broker_transport_options) if url is None else {}) | RETRIES
    if transport in REDIS:
        options |= {"socket_timeout": DEADLINE, "socket_connect_timeout": DEADLINE, "max_retries": 1}
    elif transport in AMQP:
        # Confirms are waited for by the batch, in `confirms`; by the message they are a round trip each.
        options |= {"read_timeout": DEADLINE, "write_timeout": DEADLINE, "confirm_publish": False}
    return app.connection_for_write(url, connect_timeout=DEADLINE, transport_options=options)


@contextmanager
def translated(connection: Any) -> Iterator[None]:
    """Turn the errors of ``connection``'s transport into :class:`BrokerAway`."""
    try:
        yield
    # Of a batch that breaks off kombu's Redis transport raises BatchPublishError, which is in none of its lists.
    except errors_of(connection) as error:
        raise BrokerAway(f"{connection.as_uri()}: {error!r}") from error


def errors_of(connection: Any) -> tuple[type[Exception], ...]:
    """Return what the transport of ``connection`` raises when the broker, not the message, is at fault."""
    own = (*connection.connection_errors, *connection.channel_errors)
    return (OperationalError, *BATCH_ERRORS, OSError, *not_about_content(own))


def not_about_content(errors: Iterable[type[Exception]]) -> tuple[type[Exception], ...]:
    """Return those of a transport's ``errors`` that speak of the broker.

    Kombu's list for Redis has ``KeyError``, which an unknown serializer raises too, and redis-py's ``DataError``,
    which is said of a value.
    """
    return tuple(error for error in errors if error is not KeyError and error.__name__ != "DataError")


def batch(producer: Any) -> AbstractContextManager[Any]:
    """Have ``producer`` publish what it is given in here in one round trip, where transport and Kombu (5.7) can."""
    return producer.batch() if BATCH_ERRORS else nullcontext()


def publish(app: Any, producer: Any, row: Any) -> None:
    """Publish the message of ``row``, with the ledger header of its next attempt. A second copy does no harm."""
    payload = decode(row.text, row.id)
    headers = payload["headers"]
    signed = signature(row.id, headers["task"], row.token, row.attempts)
    eta = headers.pop("eta", None)
    headers[LEDGER_HEADER] = {"token": row.token, "attempts": row.attempts, "eta": eta, "signature": signed}
    publish_as_it_is(app, producer, row.queue, payload)


def publish_as_it_is(app: Any, producer: Any, queue: str, payload: dict[str, Any]) -> None:
    """Publish a message of the ledger; without a ledger header it is one of Celery's like any other."""
    properties = payload["properties"]
    body = body_of(payload)
    properties.pop("body_encoding", None)
    producer.publish(
        body,
        exchange="",
        routing_key=queue,
        content_type=payload["content-type"],
        content_encoding=payload["content-encoding"],
        headers=payload["headers"],
        declare=[app.amqp.queues[queue], *reply_queues(app, properties.get("reply_to"))],
        retry=False,
        **properties,
    )
