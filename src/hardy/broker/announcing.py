"""``task-sent`` events: a thread publishes them once the job is committed, so that no sender waits for the broker.

They are news for whoever watches (Flower, ``celery events``), not part of any promise: while the broker is away they
are dropped.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from django.db import connections
from kombu import Producer

from hardy.broker import connection as broker
from hardy.errors import BrokerAway

logger = logging.getLogger(__name__)

#: Seconds without an event after which thread and connection are given up, and those without tries after a failure.
IDLE = 5.0
REST = 1.0


class Event(NamedTuple):
    """One event, with the options of ``Producer.publish``."""

    body: Any
    options: dict[str, Any]


class Announcer:
    """One per process and app; its thread lives while there is something to say."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._waiting: SimpleQueue[Event | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def announce(self, event: Event) -> None:
        """Publish ``event`` soon; returns at once."""
        if time.monotonic() < self._rests_until:
            return
        with self._lock:
            self._waiting.put(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hardy-announcer", daemon=True)
                self._thread.start()

    def flush(self, timeout: float = broker.DEADLINE) -> None:
        """Wait until what was announced is published, or ``timeout`` seconds."""
        thread = self._thread
        if thread is not None:
            self._waiting.put(None)
            thread.join(timeout)

    def _run(self) -> None:
        while not self._is_done():
            try:
                with broker.connection_to(self.app) as connection:
                    self._publish_on(Producer(connection, auto_declare=False))
            except BrokerAway as error:
                self._rests_until = time.monotonic() + REST
                logger.info("Events are dropped while the broker is away (%s)", error)
                self._drop()
            except Exception:  # one that cannot be published must not silence those behind it
                logger.exception("A task-sent event was dropped")
        connections.close_all()

    def _publish_on(self, producer: Any) -> None:
        while (event := self._next()) is not None:
            producer.publish(event.body, **{**event.options, "retry": False})

    def _next(self) -> Event | None:
        try:
            return self._waiting.get(timeout=IDLE)
        except Empty:
            return None

    def _is_done(self) -> bool:
        with self._lock:  # whoever announces from now on starts another thread
            if self._waiting.empty():
                self._thread = None
            return self._thread is None

    def _drop(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()


_announcers: dict[int, Announcer] = {}


def announcer_of(app: Any) -> Announcer:
    """Return the announcer of ``app`` in this process."""
    found = _announcers.get(id(app))
    if found is None:
        found = _announcers[id(app)] = Announcer(app)
        atexit.register(found.flush)
    return found


# Threads do not survive a fork, and a connection must not be used on both sides of one.
os.register_at_fork(after_in_child=_announcers.clear)
