"""The whole Celery message of a job, as the text that the ledger keeps and a transport delivers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kombu import compression as compressions
from kombu import serialization

from hardy.conf import settings
from hardy.errors import Undecodable, Unsendable, shown
from hardy.ledger import content_signing
from hardy.ledger.headers import checked
from hardy.ledger.record import NOWHERE, Origin, origin_of

#: Header that says "this message is a row of the ledger", with what its next attempt must know.
LEDGER_HEADER = "hardy"

#: What a stored message consists of.
PARTS = ("headers", "properties")
TEXTS = ("body", "content-type", "content-encoding")


@dataclass(frozen=True, slots=True)
class JobMessage:
    """What the ledger must know of a message: where it goes, how urgent it is, and the message itself."""

    id: str
    task: str
    queue: str
    priority: int
    text: str
    #: The time the sender wanted it to run, in ISO format; the ledger holds the row until then.
    eta: str | None = None
    origin: Origin = NOWHERE


def serialize(
    body: Any,
    headers: Mapping[str, Any],
    properties: Mapping[str, Any],
    *,
    queue: str,
    serializer: str | None,
    compression: str | None,
    task: Any = None,
) -> JobMessage:
    """Serialise a Celery task message for the ledger; ``task`` is what its name stands for, if that is known here.

    Raises kombu's ``EncodeError`` for a body that the serializer refuses, and :class:`Unsendable` for headers or
    properties that are not JSON.
    """
    headers = checked(headers, queue)
    _refuse_unknown_delivery_mode(headers["task"], properties)
    content_type, content_encoding, payload = serialization.dumps(body, serializer=serializer)
    if len(payload) > settings.MAX_MESSAGE_BYTES:
        raise Unsendable(
            f"{headers['task']}: the arguments are {len(payload):,} bytes long, more than HARDY['MAX_MESSAGE_BYTES']"
            f" ({settings.MAX_MESSAGE_BYTES:,}): pass a primary key or a path, or raise the setting."
        )
    content_signing.sign(headers, payload, content_type, content_encoding)
    if compression:
        payload, headers["compression"] = compressions.compress(payload, compression)
    eta = headers.get("eta")
    text = as_text(payload, headers, properties, content_type, content_encoding)
    origin = origin_of(headers, body[0], body[1], task)
    return JobMessage(headers["id"], headers["task"], queue, priority_of(properties), text, eta, origin)


def _refuse_unknown_delivery_mode(task: str, properties: Mapping[str, Any]) -> None:
    mode = properties.get("delivery_mode")
    if mode not in (None, 1, 2, "transient", "persistent"):
        raise Unsendable(f"{task}: delivery_mode={shown(mode)} is unknown; use 'persistent' or 'transient'.")


def decode(text: str, job: str | None = None) -> dict[str, Any]:
    """Return the stored message ``text``: body, headers, properties, content-type, content-encoding.

    ``job`` is the id of the row that keeps it, where that matters: the message must be that job's.

    The one decoder of what the ledger keeps. Raises nothing but :class:`Undecodable`, which says what is wrong.
    """
    try:
        payload = json.loads(text)
        if not isinstance(payload, dict) or not all(isinstance(payload.get(part), dict) for part in PARTS):
            raise Undecodable("The stored message has no headers or no properties.")
        if not all(isinstance(payload.get(name), str) for name in TEXTS):
            raise Undecodable("The stored message has no body, or does not say how it is encoded.")
        body = body_of(payload)
        if content_signing.is_on():
            _require_signature(payload, body)
        payload["headers"] = checked(payload["headers"])
        if job is not None and payload["headers"]["id"] != job:
            raise Undecodable(
                f"The stored message is that of another job: {shown(payload['headers']['id'])}."
            )
    except Undecodable:
        raise
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Undecodable(f"The stored message cannot be read: {error}") from error
    decoded: dict[str, Any] = payload
    return decoded


def _require_signature(payload: Mapping[str, Any], body: str | bytes) -> None:
    headers, method = payload["headers"], payload["headers"].get("compression")
    try:
        plain = (
            compressions.decompress(body, method) if method else body
        )  # as Kombu does before anybody looks
    except Exception as error:  # a codec raises what it likes
        raise Undecodable(f"The body cannot be decompressed: {error}") from error
    content_signing.require_signature(headers, plain, payload["content-type"], payload["content-encoding"])


def body_of(payload: Mapping[str, Any]) -> str | bytes:
    """Return the body of a stored message as Celery serialised it."""
    body: str = payload["body"]
    encoding = payload["properties"].get("body_encoding")
    if encoding not in ("base64", "utf-8", None):
        raise Undecodable(f"The body's encoding {shown(encoding)} is unknown.")
    return base64.b64decode(body, validate=True) if encoding == "base64" else body


def delivery_payload(
    text: str, *, job: str, token: int, attempts: int, queue: str, tag: str
) -> dict[str, Any]:
    """Return what Kombu's virtual transports deliver, with the ledger header of the attempt that it will be."""
    payload = decode(text, job)
    headers, properties = payload["headers"], payload["properties"]
    # The ledger has waited for the eta already: a worker whose clock lags must not wait again.
    headers[LEDGER_HEADER] = {"token": token, "attempts": attempts, "eta": headers.pop("eta", None)}
    properties["delivery_tag"] = tag
    properties.setdefault("priority", 0)  # as Kombu's own virtual transports have it
    again = attempts > attempts_asked_for(headers)
    properties["delivery_info"] = {"exchange": "", "routing_key": queue, "redelivered": again}
    return payload


def attempts_asked_for(headers: Mapping[str, Any]) -> int:
    """How many attempts ended with the wish for this one: what follows a retry or a replacement is no redelivery."""
    return (headers.get("retries") or 0) + (headers.get("replaced_task_nesting") or 0)


def origin_of_serialized(
    headers: Mapping[str, Any], body: str | bytes, kind: str, task: Any = None
) -> Origin:
    """Return the origin of a message that was serialised elsewhere: its arguments, if they are plain JSON."""
    args: Any = ()
    kwargs: Any = {}
    if kind == "application/json":
        with suppress(ValueError, TypeError, RecursionError):
            args, kwargs, *_ = json.loads(body)
    good = isinstance(args, list | tuple) and isinstance(kwargs, dict)
    return origin_of(headers, args if good else (), kwargs if good else {}, task)


def as_text(
    payload: str | bytes, headers: Mapping[str, Any], properties: Mapping[str, Any], kind: str, encoding: str
) -> str:
    binary = isinstance(payload, bytes)
    body = base64.b64encode(payload).decode() if isinstance(payload, bytes) else payload
    try:
        return json.dumps(
            {
                "body": body,
                "content-type": kind,
                "content-encoding": encoding,
                "headers": headers,
                "properties": {**properties, "body_encoding": "base64" if binary else "utf-8"},
            }
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsendable(
            f"{headers.get('task')}: a header or property of the message is not JSON ({error});"
            " pass plain values, or put it into the arguments."
        ) from error


def seconds_until(eta: str | None, app: Any) -> float:
    """Return how long from now ``eta`` is, by ``app``'s clock: 0 if it has passed, or if there is none.

    A time without a zone is UTC, whatever the project's zone is: so Celery's workers read it.
    """
    if eta is None:
        return 0.0
    time = datetime.fromisoformat(eta)
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return max(0.0, float((aware - app.now()).total_seconds()))


def priority_of(properties: Mapping[str, Any]) -> int:
    """Return 0 to 9, where 9 is the most urgent, as AMQP has it."""
    try:
        return max(0, min(9, int(properties.get("priority") or 0)))
    except (TypeError, ValueError):
        return 0
