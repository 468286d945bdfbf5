"""Wake-ups: how a waiting process learns that something may have changed, as cheaply as its database allows."""

from __future__ import annotations

import select
import time
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.conf import settings
from hardy.ledger.enqueue import CHANNEL

#: Seconds between looks at SQLite's change counter; a look costs microseconds.
LOOK = 0.01


class Wakeup(Protocol):
    """A way of waiting. ``fileno`` is readable when it is time, or None where one looks every ``pause`` seconds."""

    pause: float

    @property
    def fileno(self) -> int | None: ...

    def changed(self) -> bool:
        """Return True if something may have changed since the last call; never waits."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for a change."""
        ...


class Polling:
    """Databases without notifications: every look says "maybe"."""

    fileno = None

    def __init__(self) -> None:
        self.pause = settings.POLL.total_seconds()

    def changed(self) -> bool:
        return True

    def wait(self, timeout: float) -> bool:
        time.sleep(min(self.pause, timeout))
        return True


class DataVersion:
    """SQLite: ``PRAGMA data_version`` moves when another connection has committed (sqlite.org/pragma.html)."""

    fileno = None
    pause = LOOK

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._seen = self._read()

    def changed(self) -> bool:
        version = self._read()
        moved, self._seen = version != self._seen, version
        return moved

    def wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not self.changed():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(LOOK, left))
        return True

    def _read(self) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])


class Notified:
    """PostgreSQL: LISTEN, and a socket that becomes readable."""

    pause = 1.0

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._heard = False
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        self._connection = connection
        self._raw: Any = connection.connection
        #: Remembered: a lost connection no longer says which socket the event loop must forget.
        self.fileno: int = int(self._raw.fileno())
        self._psycopg3 = hasattr(self._raw, "pgconn")
        if self._psycopg3:
            # News that arrive while another statement runs on this connection go to handlers only.
            self._raw.add_notify_handler(self._hear)

    def changed(self) -> bool:
        with self._connection.wrap_database_errors:  # what psycopg raises here is no error that Celery knows
            self._drain()
        heard, self._heard = self._heard, False
        return heard

    def wait(self, timeout: float) -> bool:
        if self.changed():
            return True
        select.select([self.fileno], [], [], timeout)
        return self.changed()

    def _hear(self, _notify: Any) -> None:
        self._heard = True

    def _drain(self) -> None:
        if self._psycopg3:
            self._raw.pgconn.consume_input()
            while self._raw.pgconn.notifies():
                self._heard = True
            return
        self._raw.poll()
        if self._raw.notifies:
            self._heard = True
            self._raw.notifies.clear()


def wakeup_for(connection: BaseDatabaseWrapper) -> Wakeup:
    """Return the best way to wait for a change in ``connection``'s database."""
    if connection.vendor == "postgresql":
        return Notified(connection)
    if connection.vendor == "sqlite":
        return DataVersion(connection)
    return Polling()
