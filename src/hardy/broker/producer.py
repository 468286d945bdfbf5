"""The producer that Celery publishes task messages to: it writes rows instead of talking to a broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from kombu import Exchange, Producer
from kombu.transport.virtual.exchange import TopicExchange

from hardy import attempt
from hardy.broker.announcing import Event, announcer_of
from hardy.broker.carrying import refuse_what_a_broker_cannot_carry
from hardy.db.connections import after_commit
from hardy.db.dialect import ledger_connection
from hardy.errors import Unsendable
from hardy.ledger import content_signing
from hardy.ledger.delivery import is_embedded
from hardy.ledger.enqueue import enqueue
from hardy.ledger.message import LEDGER_HEADER, JobMessage, seconds_until, serialize

#: Messages that are written together once all of them are made.
_collected: ContextVar[list[tuple[JobMessage, float]] | None] = ContextVar("hardy_collected", default=None)


@contextmanager
def collecting() -> Iterator[list[tuple[JobMessage, float]]]:
    """Collect what is sent in this block, each with its delay in seconds, instead of writing it."""
    made: list[tuple[JobMessage, float]] = []
    token = _collected.set(made)
    try:
        yield made
    finally:
        _collected.reset(token)


class LedgerProducer(Producer):  # type: ignore[misc]
    """Stands where Celery expects a Kombu producer, for one task message to be sent ``delay`` seconds from now.

    ``publish`` is Kombu's own, which calls what is overridden here: whoever traces what is published (Sentry, New
    Relic, OpenTelemetry) has wrapped it.
    """

    auto_declare = False
    exchange = Exchange("")
    #: What is sent is a row; results that need a queue of their own find one when it is published.
    keeps_messages = True

    def __init__(self, app: Any, delay: float | None) -> None:
        # Not Kombu's constructor: it opens a channel.
        self.app = app
        self.delay = delay
        self._lent: Any = None
        self._serializer: str | None = None
        self._compression: str | None = None

    @property
    def connection(self) -> NoConnection:
        return NoConnection(self.app)

    @property
    def channel(self) -> Any:
        """A real channel, for result backends that declare a reply queue when a task is sent."""
        self._lent = self._lent or self.app.pool.acquire(block=True)
        return self._lent.default_channel

    def release(self) -> None:
        """Give back what was lent for the sending."""
        if self._lent is not None:
            self._lent.release()
            self._lent = None

    def _prepare(
        self,
        body: Any,
        serializer: str | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        compression: str | None = None,
        headers: dict[str, Any] | None = None,
    ) -> tuple[Any, str | None, str | None]:
        """Leave serialising to the ledger, which checks the headers first."""
        self._serializer, self._compression = serializer, compression
        return body, content_type, content_encoding

    def _publish(
        self,
        body: Any,
        priority: Any,
        content_type: str | None,
        content_encoding: str | None,
        headers: dict[str, Any],
        properties: dict[str, Any],
        routing_key: str | None,
        mandatory: bool,
        immediate: bool,
        exchange: str,
        declare: list[Any],
        *how: Any,
    ) -> None:
        """Write the message as a row; one that no single queue receives (a broadcast) goes to the broker as it is."""
        queue = queue_of(self.app, exchange, routing_key)
        if queue is not None:
            self._enqueue(body, headers, {**properties, "priority": priority or None}, queue)
            return
        # Every reader of a broadcast runs it, so there is no one job to record.
        _refuse_an_unsigned_broadcast(headers)
        headers = {**headers, LEDGER_HEADER: None}
        key, declare = self._completed(exchange, routing_key, declare)
        if exchange == self.app.conf.event_exchange:
            options = {"routing_key": key, "exchange": exchange, "declare": declare, "headers": headers}
            self._announce(Event(body, {**properties, **options, "serializer": self._serializer}))
            return
        with self.app.amqp.producer_pool.acquire(block=True) as producer:
            # Not its `publish`: this is one already.
            prepared = producer._prepare(body, self._serializer, None, None, self._compression, headers)
            body, content_type, content_encoding = prepared
            producer._publish(
                body, priority, content_type, content_encoding, headers, properties, key, mandatory, immediate,
                exchange, declare, *how,
            )  # fmt: skip

    def _enqueue(self, body: Any, headers: dict[str, Any], properties: dict[str, Any], queue: str) -> None:
        kept = {name: value for name, value in properties.items() if _is_kept(name, value)}
        kept["correlation_id"] = str(kept.get("correlation_id") or headers.get("id"))
        serialized = serialize(
            body, headers, kept, queue=queue, serializer=self._serializer, compression=self._compression,
            task=self.app._tasks.get(headers.get("task")),
        )  # fmt: skip
        if not is_embedded(self.app):
            refuse_what_a_broker_cannot_carry(self.app, serialized)
        self._write(serialized, self._delay_of(serialized))

    def _write(self, job_message: JobMessage, delay: float) -> None:
        together = _collected.get()
        if together is not None:
            together.append((job_message, delay))
            return
        mine = attempt.current()
        if mine is not None and mine.job == job_message.id:
            mine.again = attempt.Again(job_message, delay)
            return
        write = partial(enqueue, job_message, delay=delay, app=None if is_embedded(self.app) else self.app)
        if not attempt.together_with_the_end(write):
            write()

    def _announce(self, event: Event) -> None:
        """Publish the event once its job is committed: of a rollback nothing is heard."""
        write = partial(after_commit, ledger_connection(), partial(announcer_of(self.app).announce, event))
        if not attempt.together_with_the_end(write):
            write()

    def _delay_of(self, job_message: JobMessage) -> float:
        """A countdown is counted by the database's clock; an eta is a time of its own, so it is compared to ours."""
        return seconds_until(job_message.eta, self.app) if self.delay is None else self.delay

    def _completed(self, exchange: str, routing_key: str | None, declare: list[Any]) -> tuple[Any, list[Any]]:
        """Return what publishing to a fanout exchange needs on Redis, where an exchange is only what a process knows.

        One that was never declared here passes for a direct one, and its readers listen to their queue's routing key.
        """
        queue = next(
            (queue for queue in self.app.amqp.queues.values() if queue.exchange.name == exchange), None
        )
        if queue is None:
            return routing_key, declare
        return routing_key or queue.routing_key, declare or [queue.exchange]


class NoConnection:
    """What a row is published on, as far as Celery, Kombu and tracers ask: it is never lost, and never retried."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.transport_options: dict[str, Any] = {}

    @property
    def transport(self) -> Any:
        """The transport of the project's broker, which a tracer reads the name of."""
        return self.app.connection_for_write().transport

    def ensure(self, producer: Any, act: Any, *args: Any, **policy: Any) -> Any:
        return act

    @contextmanager
    def _reraise_as_library_errors(self) -> Iterator[None]:
        yield


def _refuse_an_unsigned_broadcast(headers: Any) -> None:
    if content_signing.is_on() and "task" in (headers or {}):
        raise Unsendable(
            f"{headers['task']} goes to a broadcast, whose messages are not signed, and HARDY['SIGNING_KEY'] is set:"
            " its readers would set it aside. Send it to a queue."
        )


#: What Celery passes to ``publish`` that is about publishing and no part of the message.
NOT_PROPERTIES = frozenset({"expiration"})


def queue_of(app: Any, exchange: str, routing_key: str | None) -> str | None:
    """Return the one queue that gets what is published like this, or None if there is not exactly one."""
    if not exchange:
        return routing_key
    bound = [queue for queue in app.amqp.queues.values() if queue.exchange.name == exchange]
    fitting = [queue.name for queue in bound if _receives(queue, routing_key or "")]
    return fitting[0] if len(fitting) == 1 else None


def _is_kept(name: str, value: Any) -> bool:
    return name not in NOT_PROPERTIES and value is not None


def _receives(queue: Any, routing_key: str) -> bool:
    if queue.exchange.type == "direct":
        return bool(queue.routing_key == routing_key)
    if queue.exchange.type == "topic":
        topic = TopicExchange(channel=None)
        return bool(topic._match(topic.key_to_pattern(queue.routing_key), routing_key))
    return False
