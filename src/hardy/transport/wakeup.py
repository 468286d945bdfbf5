"""Wake-ups: how a waiting process learns that something may have changed, as cheaply as its database allows."""

from __future__ import annotations

import os
import select
import time
from typing import Any, Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.conf import settings
from hardy.ledger.enqueue import CHANNEL
from hardy.transport.inotify import news_of

#: Seconds between looks at SQLite's change counter while a commit is expected; a look costs microseconds.
LOOK = 0.005
#: Seconds for which one looks so often: after news of a write, or, where there is no news, after a commit.
LIVELY = 0.5
#: Seconds between looks while nothing happens, where there is no news of writes; and where there is.
IDLE_LOOK = 0.025
QUIET = 1.0


class Wakeup(Protocol):
    """A way of waiting: ``fileno``, if there is one, is readable when it is time to look.

    One looks in any case ``pause`` seconds after the last look; how many these are may change with every look.
    """

    @property
    def pause(self) -> float: ...

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

    fileno: int | None = None

    def __init__(self) -> None:
        self.pause = settings.POLL.total_seconds()

    def changed(self) -> bool:
        return True

    def wait(self, timeout: float) -> bool:
        time.sleep(min(self.pause, timeout))
        return True


class DataVersion:
    """SQLite: ``PRAGMA data_version`` moves when another connection has committed (sqlite.org/pragma.html).

    Where the system tells of writes to the file, one looks only then: every commit ends with one. Elsewhere one looks
    often while there is something to do, and less often while there is not.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._seen = self._read()
        file = str(connection.settings_dict["NAME"])
        self._news = news_of([file, f"{file}-wal"]) if os.path.isfile(file) else None
        self._lively_until = self._looked_at = 0.0

    @property
    def fileno(self) -> int | None:
        return None if self._news is None else self._news.fileno

    @property
    def pause(self) -> float:
        """The news of a write comes before the commit can be seen: then the next look is soon."""
        if time.monotonic() < self._lively_until:
            return LOOK
        return IDLE_LOOK if self._news is None else QUIET

    def changed(self) -> bool:
        now = time.monotonic()
        if self._news is not None and self._news.read():
            self._lively_until = now + LIVELY
            if (
                now < self._looked_at + LOOK
            ):  # whoever writes a thousand times a second is not answered as often
                return False
        self._looked_at = now
        version = self._read()
        moved, self._seen = version != self._seen, version
        if moved:
            self._lively_until = now + LIVELY if self._news is None else 0.0
        return moved

    def wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while not self.changed():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._rest(min(self.pause, left))
        return True

    def _rest(self, seconds: float) -> None:
        if self.fileno is None:
            time.sleep(seconds)
        else:
            select.select([self.fileno], [], [], seconds)

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
