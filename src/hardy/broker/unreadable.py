"""What a list in Redis holds may be anything: what is no message is handed on inside one that says so.

Kombu reads a message where it reads the socket, in the worker's event loop, which ends over whatever it cannot read;
the message is out of Redis by then, and lost. So the channel of a worker looks first.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads

from hardy.errors import shown
from hardy.redis_errors import as_lost_connection

#: Header of the message that carries an unreadable one: why nobody can read it.
UNREADABLE = "hardy_unreadable"


def reading_with_care(connection: Any) -> Any:
    """Return a Redis ``connection`` whose channels deliver every message that is there, whatever it is."""
    from kombu.transport.redis import Channel  # there wherever such a connection is

    create = connection.create_transport

    def create_transport() -> Any:
        transport = create()  # again for each broker of a list that is tried
        if issubclass(transport.Channel, Channel):
            transport.Channel = type("Channel", (CarefulChannel, transport.Channel), {})
        return transport

    connection.create_transport = create_transport
    return connection


class CarefulChannel:
    """Mixed into Kombu's Redis channel: what BRPOP returns is a message, or is made the body of one.

    A server that may not write, which passes, is a lost connection to it.
    """

    def _create_client(self, *args: Any, **kwargs: Any) -> Any:
        client = super()._create_client(*args, **kwargs)  # type: ignore[misc]
        parse = client.parse_response

        def parse_response(connection: Any, command: Any, **options: Any) -> Any:
            try:
                answer = parse(connection, command, **options)
            except Exception as error:
                raise as_lost_connection(error) from error
            return self._as_a_message(answer) if command == "BRPOP" and answer else answer

        client.parse_response = parse_response
        return client

    def _as_a_message(self, answer: tuple[Any, Any]) -> tuple[Any, Any]:
        queue, item = answer
        problem = self._problem_with(item)
        return (queue, carrier(item, problem)) if problem else answer

    def _problem_with(self, item: Any) -> str:
        """Return why Kombu could not deliver ``item``, or nothing."""
        try:
            message: Any = self.Message(loads(bytes_to_str(item)), channel=self)  # type: ignore[attr-defined]
        except Exception as error:  # whatever a decoder or a codec raises: here it is the message's fault
            return f"{type(error).__name__}: {shown(str(error))}"
        if not isinstance(message.body, (str, bytes)):
            return f"its body is {shown(message.body)}"
        if not isinstance(message.delivery_tag, str):
            return f"its delivery tag is {shown(message.delivery_tag)}"
        if not isinstance(message.delivery_info, dict | None):
            return f"its delivery_info is {shown(message.delivery_info)}"
        return ""


def carrier(item: Any, problem: str) -> bytes:
    """Return a message, as Kombu keeps it in Redis, whose body is ``item`` as it was found.

    It keeps the headers, if there are any: a job's row ends with its message, instead of being published again.
    """
    raw = item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogatepass")
    return json.dumps(
        {
            "body": base64.b64encode(raw).decode(),
            "content-type": "application/data",
            "content-encoding": "binary",
            "headers": {**_headers_in(raw), UNREADABLE: problem},
            "properties": {"body_encoding": "base64", "delivery_tag": str(uuid.uuid4()), "delivery_info": {}},
        }
    ).encode()


def _headers_in(raw: bytes) -> dict[str, Any]:
    """Return the headers of what is JSON, though it is no message; without what Kombu would act on, or not read."""
    try:
        headers = json.loads(raw)["headers"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    if not isinstance(headers, dict):
        return {}
    return {
        name: value for name, value in headers.items() if name != "compression" and _is_read_by_kombu(value)
    }


def _is_read_by_kombu(value: Any) -> bool:
    """Return whether Kombu reads ``value`` again: of an object with ``__type__`` it makes another, or fails."""
    try:
        return bool(loads(json.dumps(value)) == value)
    except Exception:  # a decoder raises what it likes
        return False
