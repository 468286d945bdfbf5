"""Publisher confirms of RabbitMQ, waited for once per batch.

py-amqp's own ``confirm_publish`` waits for the answer to each message before it sends the next, which is a round trip
each. Here a whole batch is sent, and then all answers awaited. What the protocol says of them: delivery tags count a
channel's messages from 1, answers come in any order, and ``multiple`` covers every tag up to the one it names
(https://www.rabbitmq.com/docs/confirms).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.exceptions import ChannelError


class Nacked(ChannelError):  # type: ignore[misc]
    """RabbitMQ takes no more: a queue is full, or the server is in trouble. No message is at fault."""


class Confirms:
    """The messages of one channel that RabbitMQ has not answered for yet."""

    def __init__(self, channel: Any) -> None:
        self._sent = 0
        self._open: set[int] = set()
        self._refused = 0
        self._publish = channel.basic_publish
        channel.basic_publish = self._counted
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)

    def wait(self, connection: Any, seconds: float) -> None:
        """Return once every message is safe.

        Raises ``TimeoutError`` if none is confirmed for so many ``seconds``, :class:`Nacked` if one is not taken.
        """
        left, deadline = len(self._open), time.monotonic() + seconds
        while self._open:
            connection.drain_events(timeout=max(0.001, deadline - time.monotonic()))
            if len(self._open) < left:
                left, deadline = len(self._open), time.monotonic() + seconds
        refused, self._refused = self._refused, 0
        if refused:
            raise Nacked(f"{refused} messages were refused (basic.nack)")

    def _counted(self, *args: Any, **kwargs: Any) -> Any:
        self._sent += 1
        self._open.add(self._sent)
        try:
            return self._publish(*args, **kwargs)
        except Exception:  # it was not sent, or the connection is gone
            self._open.discard(self._sent)
            self._sent -= 1
            raise

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._answered(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused += self._answered(tag, multiple)

    def _answered(self, tag: int, multiple: bool) -> int:
        answered = {sent for sent in self._open if sent <= tag} if multiple else {tag} & self._open
        self._open -= answered
        return len(answered)


@contextmanager
def confirmed(connection: Any, channel: Any, seconds: float) -> Iterator[None]:
    """What is published in this block is safe with RabbitMQ when it ends; other transports have no confirms."""
    if not hasattr(channel, "confirm_select"):
        yield
        return
    confirms = getattr(channel, "hardy_confirms", None)
    if confirms is None:
        confirms = channel.hardy_confirms = Confirms(channel)
    yield
    confirms.wait(connection, seconds)
