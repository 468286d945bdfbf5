"""Foreign messages: one from a producer without hardy enters the ledger when a worker gets it."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError

from hardy.broker.producer import queue_of
from hardy.db.failures import is_about_content
from hardy.errors import Undecodable, Unsendable
from hardy.ledger.enqueue import enqueue
from hardy.ledger.message import (
    JobMessage,
    as_text,
    decode,
    origin_of_serialized,
    priority_of,
    seconds_until,
)
from hardy.ledger.models import Job, Run

logger = logging.getLogger(__name__)

#: Properties that belong to one delivery, and what a stored message has places of its own for.
OF_THE_DELIVERY = {"delivery_tag", "body_encoding", "delivery_info"}
ELSEWHERE = OF_THE_DELIVERY | {"content_type", "content_encoding", "application_headers"}

#: Outcomes after which a job comes back; any other is its end.
COMES_BACK = (Run.Outcome.RETRIED, Run.Outcome.SNOOZED, Run.Outcome.REPLACED, Run.Outcome.LOST)


def import_foreign(app: Any, message: Any) -> dict[str, Any] | None:
    """Write the row of a message that has none, and return its ledger header; None: it runs as on stock Celery.

    Raises what the database says of a message that no row can hold.

    Delivered again, it finds its row, or that it has ended, and then nobody can claim it. A broadcast does not:
    each of its readers runs it.
    """
    headers = message.headers or {}
    if "id" not in headers or "task" not in headers or _is_broadcast(app, message):
        return None
    try:
        _enter(job_message_of(app, message), seconds_until(headers.get("eta"), app))
    except (DatabaseError, InterfaceError, Unsendable) as error:
        if is_about_content(error):
            raise  # it would be refused every time: nobody could give it back after a crash
        logger.exception(
            "%s[%s] could not enter the ledger; it runs without it", headers["task"], headers["id"]
        )
        return None
    return {"token": 0, "attempts": 0, "eta": headers.get("eta")}


def job_message_of(app: Any, message: Any, **instead: str) -> JobMessage:
    """Return a delivered message as the ledger keeps it; ``instead`` is what its headers do not say."""
    headers, properties = {**instead, **(message.headers or {})}, dict(message.properties)
    headers.pop("compression", None)  # Kombu has decompressed the body already
    kept = as_text(
        body_as_delivered(message),
        headers,
        {name: value for name, value in properties.items() if name not in ELSEWHERE},
        message.content_type,
        message.content_encoding,
    )
    queue = _queue_it_came_from(app, message)
    task = app._tasks.get(headers["task"])
    origin = origin_of_serialized(headers, message.body, message.content_type, task)
    return JobMessage(
        headers["id"], headers["task"], queue, priority_of(properties), kept, headers.get("eta"), origin
    )


def body_as_delivered(message: Any) -> str | bytes:
    """Return the body of a delivered message: text or bytes, whatever a transport has made of it."""
    body = message.body
    if isinstance(body, (str, bytes)):
        return body
    if isinstance(body, (memoryview, bytearray)):
        return bytes(body)
    return repr(body)  # not bytes(body): of a number that would be as many bytes


def _queue_it_came_from(app: Any, message: Any) -> str:
    """Return a queue that this worker reads, which the message is published to again if it has to be.

    On Redis a message itself says how it was sent, and on RabbitMQ it may have come through an exchange that this
    project knows nothing of: the routing key need not be a queue.
    """
    delivery = message.delivery_info if isinstance(message.delivery_info, dict) else {}
    exchange, key = delivery.get("exchange"), delivery.get("routing_key")
    read = app.amqp.queues.consume_from
    if isinstance(exchange, str | None) and isinstance(key, str):
        for queue in (queue_of(app, exchange or "", key), key):
            if queue in read:
                return str(queue)
    return str(next(iter(read), app.conf.task_default_queue))


def _enter(job: JobMessage, delay: float) -> None:
    if not enqueue(job, delay=delay):
        _refuse_the_id_of_another(job)
    elif _has_ended(job.id):
        # A late copy of a message that came in before: its job is over.
        Job.objects.filter(id=job.id, token=0).delete()


def _refuse_the_id_of_another(job: JobMessage) -> None:
    """The id is that of a job which waits: it may be this message, delivered again, or somebody else's."""
    rows = Job.objects.filter(id=job.id, token=0)
    kept = rows.values_list("message", flat=True).first()
    if kept is not None and _said(kept) != _said(job.text):
        raise Undecodable(f"The id {job.id} is that of another job, which waits in the ledger.")


def _said(text: str) -> tuple[Any, Any]:
    """Return what tells one message from another: its task and its body."""
    try:
        payload = decode(text)
    except Undecodable:
        return None, text
    return payload["headers"]["task"], payload["body"]


def _has_ended(job: str) -> bool:
    runs = Run.objects.filter(job=job)
    return runs.exclude(outcome__in=COMES_BACK).exists()


def _is_broadcast(app: Any, message: Any) -> bool:
    exchange = (message.delivery_info or {}).get("exchange")
    return any(
        queue.exchange.type == "fanout"
        for queue in app.amqp.queues.values()
        if queue.exchange.name == exchange
    )
