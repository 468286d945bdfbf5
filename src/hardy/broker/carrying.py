"""What a broker cannot carry is refused where it is sent: after the commit there is nobody left to hear of it."""

from __future__ import annotations

import struct
from typing import Any

from hardy.broker.connection import AMQP
from hardy.errors import Unsendable
from hardy.ledger.message import JobMessage, decode

#: Longest queue, id or reply address, in bytes (AMQP 0-9-1, short strings).
SHORT_STRING = 255


def refuse_what_a_broker_cannot_carry(app: Any, message: JobMessage) -> None:
    """Raise :class:`Unsendable` for what AMQP has no form for; the other transports take whatever is JSON."""
    if app.connection_for_write().transport_cls not in AMQP:
        return
    payload = decode(message.text)
    _refuse_long_names(message, payload["properties"])
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


def _unserialisable(payload: dict[str, Any]) -> str:
    """Return what py-amqp says of the message's properties as it will write them, or nothing."""
    from amqp.basic_message import Message
    from amqp.exceptions import AMQPError

    properties = {name: value for name, value in payload["properties"].items() if name != "body_encoding"}
    try:
        Message("", application_headers=payload["headers"], **properties)._serialize_properties()
    except (struct.error, AMQPError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
