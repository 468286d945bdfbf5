"""``app.control`` and ``celery control``: revoking a job that waits is a fact of the ledger, not a worker's memory.

What goes to the workers goes through the broker, which may be away. Nobody waits for it longer than for publishing: a
broadcast takes a connection of its own that gives up, and says so with :class:`~hardy.errors.BrokerAway`.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery.app.control import Control as CeleryControl
from kombu import Producer
from kombu.pidbox import Mailbox as KombuMailbox

from hardy.errors import BrokerAway
from hardy.event_loop import beside_the_loop
from hardy.ledger.delivery import is_embedded

logger = logging.getLogger(__name__)


class Once(Producer):  # type: ignore[misc]
    """Publishes, or raises: Kombu's mailboxes ask their producers to try for ever."""

    def publish(self, *args: Any, **options: Any) -> Any:
        return super().publish(*args, **{**options, "retry": False})


class Mailbox(KombuMailbox):  # type: ignore[misc]
    """Sends commands on the connection it was given, not on another one out of a pool."""

    def _publish(self, *args: Any, channel: Any = None, **options: Any) -> None:
        super()._publish(*args, channel=channel, **{"producer": Once(channel, auto_declare=False), **options})


class Control(CeleryControl):  # type: ignore[misc]
    """Celery's remote control; what it tells workers it also writes down where they could forget it."""

    Mailbox = Mailbox

    def revoke(self, task_id: str | list[str], *args: Any, **kwargs: Any) -> Any:
        """Cancel the task if it waits, then tell the workers, who know it if it is with one of them.

        With the broker away, tasks that waited are cancelled all the same; for others it raises ``BrokerAway``.
        """
        return beside_the_loop(partial(self._revoke, task_id, *args, **kwargs))

    def _revoke(self, task_id: str | list[str], *args: Any, **kwargs: Any) -> Any:
        from hardy.ledger.cancellation import cancel  # needs models, which `celery inspect` has not loaded

        ids = [task_id] if isinstance(task_id, str) else list(task_id)
        cancelled = cancel(ids, why="The task was revoked.")
        try:
            return super().revoke(task_id, *args, **kwargs)
        except BrokerAway as error:
            if cancelled < len(ids):
                raise
            logger.warning("%s. All of the %d revoked tasks waited in the ledger.", error, cancelled)
            return None

    def broadcast(
        self,
        command: str,
        arguments: dict[str, Any] | None = None,
        destination: Any = None,
        connection: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Send a command to the workers, as Celery does, but never wait for a broker that is away."""
        from hardy.broker import connection as broker

        call = super().broadcast
        if connection is not None or kwargs.get("channel") is not None or is_embedded(self.app):
            return beside_the_loop(
                partial(call, command, arguments, destination, connection, *args, **kwargs)
            )
        try:
            with broker.connection_to(self.app) as lent:
                return call(command, arguments, destination, lent, *args, **kwargs)
        except BrokerAway as error:
            raise BrokerAway(f"The workers were not told to {command}: {error}") from error
