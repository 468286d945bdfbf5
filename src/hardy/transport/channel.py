"""The channel of ``hardy://``: what Celery consumes are rows of the ledger, what it broadcasts are mailbox messages."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from functools import partial
from typing import Any

import celery
from kombu.transport import virtual

from hardy.db.outage import DatabaseAway
from hardy.errors import Undecodable
from hardy.ledger import identity, purge, reserve
from hardy.ledger.enqueue import enqueue
from hardy.ledger.headers import checked
from hardy.ledger.message import (
    LEDGER_HEADER,
    JobMessage,
    as_text,
    body_of,
    delivery_payload,
    origin_of_serialized,
    priority_of,
    seconds_until,
)
from hardy.ledger.record import Origin
from hardy.ledger.reserve import Reserved
from hardy.ledger.set_aside import set_aside
from hardy.transport import mailboxes
from hardy.transport.prefetch import LONGEST, PrefetchBuffer
from hardy.transport.reader import Reader

logger = logging.getLogger(__name__)

NO_CLIENT = (
    "hardy:// has no Redis behind it, so a channel has no client. docs/queue-length.md says what to read instead,"
    " such as hardy.ledger.queries.ledger_status()."
)
#: Rows taken at a time when no prefetch limit is set.
BATCH = 100


class QoS(virtual.QoS):  # type: ignore[misc]
    """Prefetch counting. A row needs no acknowledgement: its end is written by the process that ran it."""

    restore_at_shutdown = False

    def ack(self, delivery_tag: str) -> None:
        self._quick_ack(delivery_tag)
        self._has_room()

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        message = self._delivered.get(delivery_tag)
        if requeue and message is not None and LEDGER_HEADER in message.headers:
            with self.channel.connection.outages_are_lost_connections():
                reserve.release(identity.name(), [message.headers["id"]])
            self.channel.reader.look_from_the_front()
        self.ack(delivery_tag)

    def _has_room(self) -> None:
        if self.channel.has_more and self.channel.connection is not None:
            self.channel.connection.pump_soon()


class Channel(virtual.Channel):  # type: ignore[misc]
    """One consumer's view of the ledger and of its mailboxes."""

    QoS = QoS
    supports_fanout = True
    do_restore = False
    body_encoding = None

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self._mailboxes: set[str] = set()
        #: Taken out of the mailboxes, and not delivered yet.
        self._letters: deque[tuple[str, dict[str, Any]]] = deque()
        self._bound: set[tuple[str, str, str]] = set()
        self._ahead = PrefetchBuffer()
        self.reader = Reader()
        #: True while the ledger may have rows for us; an empty answer clears it until the next wake-up.
        self.may_have_rows = True

    @property
    def client(self) -> Any:
        """Refused: what code for Redis reads here (``llen``) has another place."""
        raise AttributeError(NO_CLIENT)

    # What a consumer gets

    def pump(self, letters: int | None = None) -> int:
        """Deliver what is there, within the prefetch limit; return how many messages that was.

        ``letters`` is the most to deliver from mailboxes; the others stay for the next call.
        """
        return self._pump_mailboxes(letters) + self._pump_jobs()

    def wake(self) -> None:
        """Something may have changed: look again."""
        self.may_have_rows = self.mail_waits = True

    mail_waits = True

    @property
    def has_more(self) -> bool:
        """Whether there may be something to deliver."""
        return self.may_have_rows or bool(self._ahead)

    def _pump_mailboxes(self, limit: int | None) -> int:
        self._collect()
        delivered = 0
        while self._letters and delivered != limit:
            mailbox, payload = self._letters.popleft()
            if mailbox in self._active_queues:  # its reader may have gone since
                delivered += 1
                try:
                    self.connection._deliver(payload, mailbox)
                except (KeyError, TypeError, ValueError, AttributeError):
                    logger.exception("A message in the mailbox %s is malformed and was dropped", mailbox)
        return delivered

    def _collect(self) -> None:
        mine = self._mailboxes.intersection(self._active_queues)
        if mine and self.mail_waits:
            self.mail_waits = False
            with self.connection.mail() as database:
                self._letters += mailboxes.collect(database, mine)

    def _pump_jobs(self) -> int:
        rows = self._next_rows(self._room())
        for row in rows:
            self._deliver(row)
        return len(rows)

    def _deliver(self, row: Reserved) -> None:
        try:
            payload = delivery_payload(
                row.message, job=row.id, token=row.token, attempts=row.attempts, queue=row.queue,
                tag=uuid.uuid4().hex,
            )  # fmt: skip
        except Undecodable as error:
            set_aside(row.id, row.token, error)
            self.may_have_rows = True  # it took a place that another row may have
            return
        self.connection._deliver(payload, row.queue)

    def _next_rows(self, room: int) -> list[Reserved]:
        queues = [queue for queue in self._active_queues if not _is_private(queue)]
        if not queues or not room:
            return []
        if self._ahead:
            return self._ahead.next(room)
        if not self.may_have_rows:
            return []
        more = self._ahead.worth_taking() if self.connection.calls_back else 0
        rows = self.reader.take(queues, room + more)
        self.may_have_rows = len(rows) == room + more
        kept = self._ahead.keep(rows, room)
        if self._ahead:
            self.connection.call_back(LONGEST, partial(self._give_back, self._ahead.batch))
        return kept

    def _give_back(self, batch: int) -> None:
        """Tasks turned out longer than they were: others may take what still waits here for room."""
        if self._ahead and self._ahead.batch == batch:
            with self.connection.outages_are_lost_connections():
                reserve.release(identity.name(), self._ahead.ids)
            self._ahead.clear()
            self.reader.look_from_the_front()
            self.may_have_rows = True

    def _room(self) -> int:
        limit = self.qos.can_consume_max_estimate()
        return BATCH if limit is None else min(limit, BATCH)

    def basic_cancel(self, consumer_tag: str) -> None:
        """Stop consuming; once nothing is consumed, what was reserved and not started goes back at once."""
        was_consuming_jobs = self._consumes_jobs()
        self._give_back(self._ahead.batch)  # some may be of a queue that is paused
        super().basic_cancel(consumer_tag)
        if was_consuming_jobs and not self._consumes_jobs():
            with self.connection.outages_are_lost_connections():
                reserve.release(identity.name())

    def basic_consume(self, *args: Any, **kwargs: Any) -> None:
        super().basic_consume(*args, **kwargs)
        self.wake()
        self.connection.pump_soon()

    def basic_qos(self, *args: Any, **kwargs: Any) -> None:
        super().basic_qos(*args, **kwargs)
        self.connection.pump_soon()

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> None:
        """Rows are reserved in batches by consumers; fetching one by hand would leave it without an owner."""
        raise NotImplementedError("hardy:// delivers to consumers; basic_get is not supported")

    def _consumes_jobs(self) -> bool:
        return any(not _is_private(queue) for queue in self._active_queues)

    # What is published past the ledger's own producer

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        headers = message["headers"]
        if queue in self._mailboxes or "task" not in headers or "id" not in headers:
            with self.connection.mail() as database:
                mailboxes.post(database, queue, message)
            return
        serialized = _job_message_of(queue, message)
        enqueue(serialized, delay=seconds_until(serialized.eta, celery.current_app))

    def _put_fanout(self, exchange: str, message: dict[str, Any], routing_key: str, **kwargs: Any) -> None:
        with self.connection.mail() as database:
            for _, queue in mailboxes.bindings(database, exchange):
                mailboxes.post(database, queue, message)

    # Queues and bindings

    def _new_queue(
        self, queue: str, exclusive: bool = False, auto_delete: bool = False, **kwargs: Any
    ) -> None:
        if exclusive or auto_delete:
            self._mailboxes.add(queue)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        if queue in self._mailboxes:
            self._bound.add((exchange, routing_key or "", queue))
            with self.connection.mail() as database:
                mailboxes.bind(database, exchange, routing_key or "", queue)

    def renew_bindings(self) -> None:
        """Keep the bindings of this reader, which is alive."""
        with self.connection.mail() as database:
            for exchange, routing_key, queue in self._bound:
                mailboxes.bind(database, exchange, routing_key, queue)

    def get_table(self, exchange: str) -> list[tuple[str, str | None, str]]:
        kind = self.typeof(exchange)
        with self.connection.mail() as database:
            found = mailboxes.bindings(database, exchange)
        return [kind.prepare_bind(queue, exchange, routing_key, None) for routing_key, queue in found]

    def queue_delete(
        self, queue: str, if_unused: bool = False, if_empty: bool = False, **kwargs: Any
    ) -> None:
        if queue in self._mailboxes:
            self._forget_mailbox(queue)
        self.state.queue_bindings_delete(queue)

    def _forget_mailbox(self, queue: str) -> None:
        self._mailboxes.discard(queue)
        self._bound = {bound for bound in self._bound if bound[2] != queue}
        with self.connection.mail() as database:
            mailboxes.remove(database, queue)

    def _size(self, queue: str) -> int:
        return purge.count_waiting(queue)

    def _purge(self, queue: str) -> int:
        return purge.purge(queue)

    def close(self) -> None:
        if not self.closed and self.connection is not None:
            for queue in list(self._mailboxes):
                self._delete_or_leave(queue)
        super().close()

    def _delete_or_leave(self, queue: str) -> None:
        try:
            self.queue_delete(queue)
        except DatabaseAway as error:
            logger.warning("Mailbox %s is left to the sweepers: the database is away (%s)", queue, error)


def _is_private(queue: str) -> bool:
    """Control and event mailboxes never hold jobs, so the ledger is not searched for them."""
    return queue.endswith(".pidbox") or queue.startswith("celeryev")


def _origin(headers: dict[str, Any], message: dict[str, Any]) -> Origin:
    try:
        body = body_of(message)
    except (Undecodable, ValueError, TypeError):  # what is wrong with it is said where it is delivered
        body = ""
    return origin_of_serialized(
        headers, body, message["content-type"], celery.current_app._tasks.get(headers["task"])
    )


def _job_message_of(queue: str, message: dict[str, Any]) -> JobMessage:
    """Read a task message that a producer without hardy's send seam published."""
    headers, properties = checked(message["headers"], queue), message["properties"]
    text = as_text(message["body"], headers, properties, message["content-type"], message["content-encoding"])
    return JobMessage(
        headers["id"], headers["task"], queue, priority_of(properties), text, headers.get("eta"),
        _origin(headers, message),
    )  # fmt: skip
