"""Statements that are never answered: a network that drops packets in silence leaves its client waiting for hours.

No timeout of TCP's helps against a proxy that lives and forwards nothing. So a thread of this process looks at who
waits, and breaks the connection of whoever has waited too long: its statement fails like any other in an outage.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from weakref import WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.senders import socket_of

logger = logging.getLogger(__name__)

#: Seconds between two looks.
LOOK = 1.0
#: Seconds after which a statement counts as never answered; a long wait for a lock is an answer that takes its time.
LONGEST_WAIT = 30.0
#: Seconds in which a server must have taken a new connection.
CONNECT = 10


#: Connections of hardy's own that are idle for long: where heartbeats get no answer they are broken off too.
_doomed_together: WeakSet[BaseDatabaseWrapper] = WeakSet()


class Wait:
    """One thread's wait for its database; ``tells``: if it is in vain, so are those of all other threads."""

    def __init__(self, connection: BaseDatabaseWrapper, what: str, looks: int, tells: bool) -> None:
        self.connection, self.what, self.tells = connection, what, tells
        #: Looks that it has had, and may have. Not by the clock: a process that was stopped, or whose threads a task
        #: held up, has not waited for the network meanwhile.
        self.looks, self.most = 0, looks


class Watchdog:
    """Breaks what nobody answers; its thread starts with the first wait and lives as long as the process."""

    def __init__(self) -> None:
        self._waits: dict[int, Wait] = {}
        self._anyone = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, wait: Wait) -> None:
        self._waits[id(wait)] = wait
        self._anyone.set()
        if self._thread is None:
            self._start()

    def remove(self, wait: Wait) -> None:
        self._waits.pop(id(wait), None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hardy-watchdog", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._anyone.wait()
            pause.wait(LOOK)
            self._anyone.clear()
            for wait in list(self._waits.values()):
                self._anyone.set()
                self._look(wait)

    def _look(self, wait: Wait) -> None:
        wait.looks += 1
        if wait.looks == wait.most:
            logger.error(
                "The database has not answered %s for %.0f s; its connection is broken off and made anew",
                wait.what, wait.looks * LOOK,
            )  # fmt: skip
        if wait.looks >= wait.most:
            break_off(wait.connection)
            if wait.tells:
                self._break_off_others()

    def _break_off_others(self) -> None:
        waiting = [
            wait.connection for wait in list(self._waits.values()) if wait.looks
        ]  # not only just asked
        for connection in {*waiting, *_doomed_together}:
            break_off(connection)


_watchdog = Watchdog()


@contextmanager
def cut_if_unanswered(
    connection: BaseDatabaseWrapper, what: str, seconds: float = LONGEST_WAIT, *, tells: bool = False
) -> Iterator[None]:
    """Break ``connection`` if this block takes longer than ``seconds``: what waits for an answer then fails.

    ``what`` waits is said in the log. ``tells``: where this gets no answer, whatever else of this process waits in
    such a block is broken off with it.
    """
    if connection.vendor == "sqlite":  # a file has no network
        yield
        return
    wait = Wait(connection, what, max(1, round(seconds / LOOK)), tells)
    _watchdog.add(wait)
    try:
        yield
    finally:
        _watchdog.remove(wait)


def break_off(connection: BaseDatabaseWrapper) -> None:
    """Shut the socket of ``connection`` from another thread; who reads from it sees the end."""
    number = None if connection.connection is None else socket_of(connection.connection)
    if number is None:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as other:
        other.shutdown(socket.SHUT_RDWR)


def doom_with_heartbeats(connection: BaseDatabaseWrapper) -> None:
    """Break ``connection`` too once heartbeats get no answer: idle, it would be found out only by its next user."""
    _doomed_together.add(connection)


def bound_connecting(connection: BaseDatabaseWrapper) -> None:
    """Have this process give up on a server that takes connections and says nothing, unless the project says when."""
    if connection.vendor in ("postgresql", "mysql"):
        connection.settings_dict.setdefault("OPTIONS", {}).setdefault("connect_timeout", CONNECT)


def _begin_anew() -> None:
    global _watchdog
    _watchdog = Watchdog()
    _doomed_together.clear()  # the parent's sockets


# Threads do not survive a fork.
os.register_at_fork(after_in_child=_begin_anew)
