"""The publisher: a thread that publishes committed rows, so that nobody who enqueues a task waits for a broker.

Whatever it cannot publish (the process is killed, the broker is away or never answers) stays held in the ledger, and
the relay publishes it within seconds.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from hardy.broker import connection as broker
from hardy.broker import relay
from hardy.db.leases import is_led
from hardy.errors import BrokerAway
from hardy.ledger.delivery import Publishable

logger = logging.getLogger(__name__)

#: Most rows published together, and seconds that publishing is not tried after it failed.
BATCH = 200
REST = 1.0
#: Of a burst, rows that were enqueued so many seconds ago are the relay's: it has begun with them, or is about to.
LATE = relay.GRACE - 0.3
#: Seconds in which a long transaction that has just committed hands over its rows: then a burst is seen as one.
MOMENT = 0.005


class Publisher:
    """One per process and app; its thread starts with the first row and lives as long as the process."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._waiting: SimpleQueue[Publishable | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._rests_until = 0.0
        #: True from the first full batch until nothing waits.
        self._is_bursting = False

    def publish(self, row: Publishable) -> None:
        """Publish ``row`` soon; returns at once."""
        if time.monotonic() < self._rests_until:
            return  # the broker is away: the relay has the row
        self._waiting.put(row)
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def flush(self, timeout: float = broker.DEADLINE) -> None:
        """Wait until everything is published, or ``timeout`` seconds."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._waiting.put(None)
            thread.join(timeout)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="hardy-publisher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        connection = None
        while (batch := self._next_batch()) is not None:
            try:
                connection = self._publish(connection, self._own(batch))
            except (BrokerAway, DatabaseError, InterfaceError) as error:
                connection = None
                self._rest(batch, error)
            except Exception:
                connection = None
                logger.exception("%d jobs could not be published; the relay will publish them", len(batch))
            close_old_connections()
        _release(connection)
        connections.close_all()

    def _publish(self, connection: Any, batch: list[Publishable]) -> Any:
        """Publish on ``connection``, or on a new one; return the one that worked."""
        if not batch:
            return connection
        if connection is not None:
            try:
                return self._publish_on(connection, batch)
            except BrokerAway:
                logger.info("The connection to the broker was closed while nobody used it; taking a new one")
        return self._publish_on(broker.connect(self.app), batch)

    def _publish_on(self, connection: Any, batch: list[Publishable]) -> Any:
        try:
            with broker.translated(connection):
                relay.publish_batch(self.app, connection, batch)
            relay.mark_published(batch)
        except BaseException:
            _release(connection)
            raise
        return connection

    def _rest(self, batch: list[Publishable], error: Exception) -> None:
        """Leave this batch, and what came while it was tried, to the relay."""
        self._rests_until = time.monotonic() + REST
        logger.warning(
            "%d jobs could not be published (%s); the relay will publish them",
            len(batch) + self._drop(),
            error,
        )
        connections.close_all()

    def _drop(self) -> int:
        """Forget what waits here, but not that the process is ending; return how much that was."""
        dropped = 0
        with suppress(Empty):
            while self._waiting.get_nowait() is not None:
                dropped += 1
            self._waiting.put(None)
        return dropped

    def _own(self, batch: list[Publishable]) -> list[Publishable]:
        """Return the rows that are this process's to publish.

        A transaction of thousands takes longer than the relay waits: both would publish all of them.
        """
        fresh = [row for row in batch if time.monotonic() - row.enqueued_at < LATE]
        if len(fresh) == len(batch) or not self._is_bursting or not is_led(relay.LEASE):
            return batch
        return fresh

    def _next_batch(self) -> list[Publishable] | None:
        """Wait for a row, then take what else is there; None: the process is ending."""
        self._is_bursting &= not self._waiting.empty()
        batch = [self._waiting.get()]
        if batch[0] is not None and time.monotonic() - batch[0].enqueued_at >= LATE:
            time.sleep(MOMENT)
        while batch[-1] is not None and len(batch) < BATCH:
            try:
                batch.append(self._waiting.get_nowait())
            except Empty:
                break
        self._is_bursting |= len(batch) == BATCH
        rows = [row for row in batch if row is not None]
        if batch[-1] is None:
            self._waiting.put(None)
        return rows or None


_publishers: dict[int, Publisher] = {}


def publisher_of(app: Any) -> Publisher:
    """Return the publisher of ``app`` in this process."""
    found = _publishers.get(id(app))
    if found is None:
        found = _publishers[id(app)] = Publisher(app)
        atexit.register(found.flush)
    return found


def publish_soon(app: Any, row: Publishable) -> None:
    """Hand a committed row to this process's publisher of ``app``; returns at once."""
    publisher_of(app).publish(row)


def _release(connection: Any) -> None:
    if connection is not None:
        connection.release()


# Threads do not survive a fork, and a connection must not be used on both sides of one.
os.register_at_fork(after_in_child=_publishers.clear)
