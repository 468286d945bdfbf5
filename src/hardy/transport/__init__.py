"""``hardy://``: the ledger shown to Celery as a Kombu transport, so that plain ``celery worker`` consumes it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from kombu.transport import virtual

from hardy.conf import settings
from hardy.db.connections import renew
from hardy.db.dialect import ledger_connection
from hardy.db.failures import DATABASE_ERRORS, is_outage
from hardy.db.outage import DatabaseAway
from hardy.db.unanswered import cut_if_unanswered, doom_with_heartbeats
from hardy.ledger.enqueue import refusing_a_missing_ledger
from hardy.senders import is_in_transaction
from hardy.transport import flower
from hardy.transport.channel import Channel
from hardy.transport.pipe import WakeUpPipe
from hardy.transport.wakeup import Wakeup, wakeup_for

#: Seconds after which a waiting process looks again although nothing was announced.
FALLBACK = 1.0
#: Most seconds between renewals of a reader's bindings; three must fit into HARDY["MAILBOX_EXPIRY"].
RENEWAL = 30.0


class Transport(virtual.Transport):  # type: ignore[misc]
    """The embedded broker. It keeps one database connection of its own, outside every transaction of the project's."""

    Channel = Channel
    driver_type = "hardy"
    driver_name = "hardy"
    can_parse_url = True  # "hardy://" names no host, port or user
    default_connection_params: dict[str, Any] = {}
    connection_errors = (*virtual.Transport.connection_errors, OperationalError, InterfaceError)
    implements = virtual.Transport.implements.extend(
        asynchronous=True, exchange_type=frozenset({"direct", "topic", "fanout"}), heartbeats=False
    )

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        flower.register()
        self._lock = threading.RLock()
        self._database: BaseDatabaseWrapper | None = None
        self._wakeup: Wakeup | None = None
        self._loop: Any = None
        self._pipe: WakeUpPipe | None = None
        self._renewed = time.monotonic()
        self._look: Any = None
        self._look_due = math.inf

    def driver_version(self) -> str:
        from hardy import __version__

        return __version__

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """Return what is shown to people: the ledger has no address of its own."""
        return "hardy://"

    def establish_connection(self) -> Any:
        # The first connection of a process may be made inside a transaction of the project's, which it must not touch.
        renew(ledger_connection())
        with self.outages_are_lost_connections(), refusing_a_missing_ledger():
            self._try_the_ledger()
        return super().establish_connection()

    def _try_the_ledger(self) -> None:
        """Write nothing: a node that only reads refuses that too, and is no place to consume from."""
        if is_in_transaction(ledger_connection()):
            with self.mail() as database, database.cursor() as cursor:
                cursor.execute("SELECT 1 FROM hardy_job WHERE id = ''")
            return
        with ledger_connection().cursor() as cursor:
            cursor.execute("UPDATE hardy_job SET worker = worker WHERE id = ''")

    def close_connection(self, connection: Any) -> None:
        self._leave_loop()
        super().close_connection(connection)
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = self._wakeup = None

    # Waiting without an event loop

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver what is there, or wait for it; ``socket.timeout`` if nothing came within ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        # One letter at a time: who waits for three answers calls three times (kombu.pidbox).
        while not self._pump(letters=1):
            left = FALLBACK if deadline is None else min(FALLBACK, deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError
            with self.outages_are_lost_connections():
                self.wakeup.wait(left)
            self._wake()
            self._renew_in_time()

    # Waiting in the worker's event loop

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        self._loop, self._pipe = loop, WakeUpPipe()
        loop.add_reader(self._pipe.fileno(), self._on_pipe)
        if self.wakeup.fileno is not None:
            loop.add_reader(self.wakeup.fileno, self._on_wakeup)
        self._plan_look()
        loop.call_repeatedly(FALLBACK, self._look_again)
        loop.call_repeatedly(self._renewal, self._renew)
        self.pump_soon()

    def pump_soon(self) -> None:
        """Deliver in the loop's next round; from any thread."""
        if self._pipe is not None:
            self._pipe.ring()

    @property
    def calls_back(self) -> bool:
        """Whether there is an event loop that :meth:`call_back` can use."""
        return self._loop is not None

    def call_back(self, seconds: float, callback: Callable[[], None]) -> None:
        """Have the event loop call ``callback`` in ``seconds``."""
        self._loop.call_later(seconds, callback)

    def _on_pipe(self) -> None:
        if self._pipe is not None:
            self._pipe.answer()
            if self._pump():
                self.pump_soon()

    def _on_wakeup(self) -> None:
        if self._loop is None:
            return
        with self.outages_are_lost_connections():
            changed = self.wakeup.changed()
        if changed:
            self._look_again()
        self._plan_look()

    def _plan_look(self) -> None:
        """Look again when the wake-up wants it; of two looks that were planned the sooner one counts."""
        pause = min(self.wakeup.pause, FALLBACK)
        due = time.monotonic() + pause
        if due >= self._look_due:
            return
        if self._look is not None:
            self._look.cancel()
        self._look_due, self._look = due, self._loop.call_later(pause, self._look_as_planned)

    def _look_as_planned(self) -> None:
        self._look_due, self._look = math.inf, None
        self._on_wakeup()

    def _look_again(self) -> None:
        self._wake()
        self.pump_soon()

    def _leave_loop(self) -> None:
        if self._loop is None or self._pipe is None:
            return
        self._loop.remove_reader(self._pipe.fileno())
        if self._wakeup is not None and self._wakeup.fileno is not None:
            self._loop.remove_reader(self._wakeup.fileno)
        if self._look is not None:
            self._look.cancel()
        self._look_due, self._look = math.inf, None
        self._pipe.close()
        self._loop = self._pipe = None

    # Both

    @property
    def wakeup(self) -> Wakeup:
        if self._wakeup is None:
            with self.mail() as database:
                self._wakeup = wakeup_for(database)
        return self._wakeup

    @contextmanager
    def mail(self) -> Iterator[BaseDatabaseWrapper]:
        """Lend the connection that mailboxes are read and written with, to one thread at a time."""
        main = ledger_connection()
        if main.vendor == "sqlite" and is_in_transaction(main):
            yield main  # a second writer would wait for our own transaction
            return
        with self._lock:
            self._drop_if_lost()
            if self._database is None:
                self._database = connections.create_connection(settings.DATABASE)
                self._database.inc_thread_sharing()
                doom_with_heartbeats(self._database)
            with self.outages_are_lost_connections(), cut_if_unanswered(self._database, "a mailbox"):
                yield self._database

    def _drop_if_lost(self) -> None:
        if self._database is not None and self._database.errors_occurred and not self._database.is_usable():
            self._database.close()
            self._database = self._wakeup = None  # it no longer listens either

    def _pump(self, letters: int | None = None) -> int:
        with self.outages_are_lost_connections():
            return sum(channel.pump(letters) for channel in list(self.channels))

    @contextmanager
    def outages_are_lost_connections(self) -> Iterator[None]:
        """Celery connects anew after ``connection_errors``, and ends at any other: a node that only reads, say."""
        try:
            with cut_if_unanswered(ledger_connection(), "the consumer"):
                yield
        except DatabaseAway:
            raise
        except DATABASE_ERRORS as error:
            if not is_outage(error) or is_in_transaction(ledger_connection()):
                raise
            ledger_connection().close()
            with self._lock:
                if self._database is not None:
                    self._database.close()
            raise DatabaseAway(f"The database is away: {error}") from error

    def _wake(self) -> None:
        for channel in self.channels:
            channel.wake()

    @property
    def _renewal(self) -> float:
        return min(RENEWAL, settings.MAILBOX_EXPIRY.total_seconds() / 3)

    def _renew_in_time(self) -> None:
        """Readers without an event loop (`celery events`, Flower) renew while they wait."""
        if time.monotonic() > self._renewed + self._renewal:
            self._renew()

    def _renew(self) -> None:
        self._renewed = time.monotonic()
        with self.outages_are_lost_connections():
            for channel in self.channels:
                channel.renew_bindings()
