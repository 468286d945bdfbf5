"""Part of every worker's consumer: it stops consuming queues that are paused, and goes on once they are resumed.

This is the one place where a pause is honoured, and so it holds alike on ``hardy://``, Redis and RabbitMQ: jobs stay
where they wait, in the ledger or in the broker, in their order. What the worker has prefetched is begun all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from celery import bootsteps
from django.db import DatabaseError, InterfaceError

from hardy.db.dialect import ledger_connection
from hardy.db.unanswered import cut_if_unanswered
from hardy.ledger.pauses import names_of_paused

logger = logging.getLogger(__name__)

#: Seconds between two looks.
PAUSE = 1.0


class HonourPauses(bootsteps.StartStopStep):  # type: ignore[misc]
    """Begins with every connection to the broker, after the consumer of tasks is there and before it consumes."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        watch = PauseWatch(consumer)
        watch.follow(_paused())
        self._timer = consumer.timer.call_repeatedly(PAUSE, watch.look)

    def stop(self, consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class PauseWatch:
    """One consumer, and which of its queues it has let go of."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._let_go: dict[str, Any] = {}

    def look(self) -> None:
        paused = _paused()
        # Some pools have a timer thread; what changes the consumer belongs into its own.
        if paused is not None and (self._let_go or paused):
            self._consumer.call_soon(self.follow, paused)

    def follow(self, paused: Collection[str] | None) -> None:
        """Let go of queues that are paused now, and take up those that are not any more; None: nobody knows."""
        if paused is None:
            return
        tasks, mine = self._consumer.task_consumer, self._consumer.app.amqp.queues.consume_from
        for name, queue in list(mine.items()):
            if name in paused and name not in self._let_go:
                logger.warning("Queue %s is paused; nothing is taken from it until it is resumed", name)
                self._let_go[name] = queue
            if name in paused:  # each time: `celery control add_consumer` may have brought it back
                tasks.cancel_by_queue(name)
        for name in [name for name in self._let_go if name not in paused]:
            queue = self._let_go.pop(name)
            if name in mine and not tasks.consuming_from(name):
                logger.warning("Queue %s is resumed", name)
                tasks.add_queue(queue)
                tasks.consume()


def _paused() -> set[str] | None:
    try:
        with cut_if_unanswered(ledger_connection(), "the look for paused queues"):
            return names_of_paused()
    except (DatabaseError, InterfaceError) as error:
        logger.debug("Cannot look for paused queues (%s)", error)
        ledger_connection().close()
        return None
