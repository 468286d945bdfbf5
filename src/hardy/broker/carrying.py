"""What a broker cannot carry is refused where it is sent: after the commit there is nobody left to hear of it."""

from __future__ import annotations

import struct
from typing import Any

from hardy.broker.connection import AMQP, REDIS
from hardy.errors import Unsendable, shown
from hardy.ledger.message import JobMessage, decode

#: Longest queue, id or reply address, in bytes (AMQP 0-9-1, short strings).
SHORT_STRING = 255
#: Longest headers and properties together: they travel in one frame, of 128 KiB unless RabbitMQ's ``frame_max`` says
#: otherwise, with what is added when the message is published.
LONGEST_HEADERS = 120 * 1024
#: Names that RabbitMQ keeps for itself.
RESERVED_BY_RABBITMQ = "amq."
#: Keys in Redis in which Kombu keeps something else than messages.
KEYS_OF_KOMBU = ("_kombu.", "unacked")


def refuse_what_a_broker_cannot_carry(app: Any, message: JobMessage) -> None:
    """Raise :class:`Unsendable` for what the project's broker would refuse, after the commit, with nobody to tell."""
    connection = app.connection_for_write()
    if connection.transport_cls in REDIS:
        _refuse_keys_of_kombu(app, message)
    elif connection.transport_cls in AMQP:
        _refuse_what_rabbitmq_does(app, connection, message)


def _refuse_keys_of_kombu(app: Any, message: JobMessage) -> None:
    if message.queue.startswith(KEYS_OF_KOMBU) and message.queue not in app.amqp.queues.consume_from:
        raise Unsendable(
            f"{message.task}: Kombu keeps something else in Redis under the name {message.queue}; choose another"
            " queue."
        )


def _refuse_what_rabbitmq_does(app: Any, connection: Any, message: JobMessage) -> None:
    payload = decode(message.text)
    _refuse_long_names(message, payload["properties"])
    _refuse_reserved_names(app, message, payload["properties"])
    _refuse_copies_to_no_list(message, payload["headers"])
    user = payload["properties"].get("user_id")
    if user is not None and user != (connection.userid or "guest"):
        raise Unsendable(
            f"{message.task}: user_id={shown(user)} is not the user that the project connects to RabbitMQ as; leave"
            " it out."
        )
    problem = _unserialisable(payload)
    if problem:
        raise Unsendable(
            f"{message.task}: a header or property cannot be sent to RabbitMQ ({problem}); use text, whole numbers"
            " below 2^63, and keys of at most 255 bytes."
        )


def _refuse_long_names(message: JobMessage, properties: dict[str, Any]) -> None:
    names = {"queue": message.queue, "task_id": message.id, "reply_to": properties.get("reply_to") or ""}
    for what, name in names.items():
        size = len(str(name).encode("utf-8", "replace"))
        if size > SHORT_STRING:
            raise Unsendable(f"{message.task}: {what} is {size} bytes long; RabbitMQ takes {SHORT_STRING}.")


def _refuse_reserved_names(app: Any, message: JobMessage, properties: dict[str, Any]) -> None:
    queue, reply_to = message.queue, str(properties.get("reply_to") or "")
    if queue.startswith(RESERVED_BY_RABBITMQ) and queue not in app.amqp.queues.consume_from:
        raise Unsendable(
            f"{message.task}: RabbitMQ keeps queues named amq.* for itself; choose another name."
        )
    if reply_to.startswith("amq.rabbitmq.reply-to"):
        raise Unsendable(
            f"{message.task}: reply_to={reply_to} belongs to the connection that asks, and hardy publishes on"
            " another; leave it out."
        )


def _refuse_copies_to_no_list(message: JobMessage, headers: dict[str, Any]) -> None:
    for name in ("CC", "BCC"):
        value = headers.get(name)
        if name in headers and not (
            isinstance(value, list) and all(isinstance(queue, str) for queue in value)
        ):
            raise Unsendable(
                f"{message.task}: RabbitMQ reads the header {name} as a list of routing keys; it is {shown(value)}."
            )


def _unserialisable(payload: dict[str, Any]) -> str:
    """Return what keeps py-amqp from writing the message's properties, or RabbitMQ from reading them, or nothing."""
    from amqp.basic_message import Message
    from amqp.exceptions import AMQPError

    properties = {name: value for name, value in payload["properties"].items() if name != "body_encoding"}
    try:
        message = Message("", application_headers=payload["headers"], **properties)
        size = len(message._serialize_properties())
    except (struct.error, AMQPError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    return f"they are {size:,} bytes long, of {LONGEST_HEADERS:,}" if size > LONGEST_HEADERS else ""
