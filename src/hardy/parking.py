"""Connections that a thread opened only to send a task: kept aside for a moment, and then closed.

Django closes what a request opened, and a worker looks after what its tasks opened. Any other thread would hold what it
sent with until it ends: fifteen threads of a daemon, fifteen sessions at the server. Closing each at once would have a
burst open one per task. So what a sending opened is parked: the thread's next sending gets it back, and a second
after the last one it is closed. Meanwhile the thread itself has no connection, as if it had never sent anything.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import Any, NamedTuple

#: Seconds for which a connection waits at least for the thread's next sending; a longer CONN_MAX_AGE counts.
IDLE = 1.0


class Parked(NamedTuple):
    """A driver's connection that Django does not see for the time being, and when it is to be closed."""

    raw: Any
    until: float


class Lot:
    """All that is parked in this process; its thread lives while there is something to close."""

    def __init__(self) -> None:
        self.parked: dict[Any, Parked] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def park(self, connection: Any) -> None:
        """Take what ``connection`` (Django's) has open away from it; its thread may send again."""
        age = connection.settings_dict["CONN_MAX_AGE"]
        raw, connection.connection = connection.connection, None
        with self._lock:
            self.parked[connection] = Parked(raw, time.monotonic() + max(IDLE, age))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hardy-parking", daemon=True)
                self._thread.start()

    def give_back(self, connection: Any) -> None:
        """Let ``connection`` have what it had open when it was parked, if that is still there."""
        parked = self._taken(connection)
        if parked is not None:
            connection.connection = parked.raw

    def close(self, connection: Any) -> None:
        """Close what is parked of ``connection``: its thread has opened another one, for itself."""
        parked = self._taken(connection)
        if parked is not None:
            _close(parked.raw)

    def _taken(self, connection: Any) -> Parked | None:
        if not self.parked:  # as in every process that has connections anyway
            return None
        with self._lock:
            return self.parked.pop(connection, None)

    def _run(self) -> None:
        pause = threading.Event()
        while not self._is_done():
            pause.wait(IDLE / 4)
            for raw in self._due():
                _close(raw)

    def _due(self) -> list[Any]:
        now = time.monotonic()
        with self._lock:
            due = [connection for connection, parked in self.parked.items() if parked.until <= now]
            return [self.parked.pop(connection).raw for connection in due]

    def _is_done(self) -> bool:
        with self._lock:  # whoever parks from now on starts another thread
            if not self.parked:
                self._thread = None
            return self._thread is None


lot = Lot()

#: What a process had parked when it forked is its own: closing it in the child would end the parent's session.
_inherited: list[Lot] = []


def close_parked(sender: Any, connection: Any, **_: Any) -> None:
    """Receive ``connection_created``: whoever has a connection of its own needs no other."""
    lot.close(connection)


def _close(raw: Any) -> None:
    with suppress(Exception):  # it may be dead already, which every driver says in its own words
        raw.close()


def _begin_anew() -> None:
    global lot
    _inherited.append(lot)
    lot = Lot()


os.register_at_fork(after_in_child=_begin_anew)
