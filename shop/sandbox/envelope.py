"""Sentry's envelopes: what the SDK posts, taken apart."""

from __future__ import annotations

import json
from typing import Any

from sandbox.answers import Refused
from sandbox.store import Document


def check_ins_in(envelope: bytes) -> list[Document]:
    """The check-ins of scheduled work in an envelope."""
    _, rest = _line(envelope)
    found = []
    while rest.strip():
        item, rest = _line(rest)
        payload, rest = _payload(item, rest)
        if item.get("type") == "check_in":
            found.append(_object(payload))
    return found


def events_in(envelope: bytes) -> list[Document]:
    """The error events of an envelope; sessions, traces, logs and the like are left out.

    An envelope is a line of JSON, then items: a line of JSON each, followed by as many bytes as it says, or
    by one line where it does not say.
    """
    header, rest = _line(envelope)
    events = []
    while rest.strip():
        item, rest = _line(rest)
        payload, rest = _payload(item, rest)
        if item.get("type") == "event":
            events.append(_object(payload) | {"event_id": _event_id(header, payload)})
    return events


def _line(content: bytes) -> tuple[Document, bytes]:
    line, _, rest = content.lstrip(b"\n").partition(b"\n")
    return _object(line), rest


def _payload(item: Document, content: bytes) -> tuple[bytes, bytes]:
    length = item.get("length")
    if not isinstance(length, int):
        line, _, rest = content.partition(b"\n")
        return line, rest
    if not 0 <= length <= len(content):
        raise _broken("an item is shorter than it says")
    return content[:length], content[length:]


def _event_id(header: Document, payload: bytes) -> str:
    event_id = header.get("event_id") or _object(payload).get("event_id")
    if not isinstance(event_id, str) or not event_id:
        raise _broken("an event has no event_id")
    return event_id


def _object(content: bytes) -> Document:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise _broken(str(exc)) from exc
    if not isinstance(value, dict):
        raise _broken("a line is not a JSON object")
    return value


def _broken(reason: str) -> Refused:
    return Refused(400, "broken_envelope", f"This is not a Sentry envelope: {reason}.")
