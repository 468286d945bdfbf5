"""The database connections of whoever sends: a dead one is replaced, and none is held that sending opened.

Django does both around a request, and hardy's workers around a task. A management command, a daemon or a thread of
one's own has nobody who does: once its connection had died, everything it sent would fail. A connection in a
transaction is its owner's alone and stays as it is.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connections

from hardy import parking

Done = TypeVar("Done")


class _LookedAfter(threading.local):
    """True in threads whose connections somebody closes: Django after a request, a worker after a task."""

    by_somebody = False


_thread = _LookedAfter()


def look_after(**_: Any) -> None:
    """Somebody closes this thread's connections from now on; receives ``request_started``."""
    _thread.by_somebody = True


def sent(act: Callable[[], Done]) -> Done:
    """Return what ``act`` returns, which sends something, on connections that are alive."""
    before = _fit_connections()
    try:
        return act()
    finally:
        if not _thread.by_somebody:
            _park_all_but(before)


def replace_if_dead(connection: Any) -> None:
    """Close ``connection`` if its server has closed it, so that the next statement opens another.

    It costs no round trip: on a connection that nobody uses there is nothing to be read, but for its end.
    """
    if connection.vendor == "sqlite" or is_in_transaction(connection) or not _has_news(connection.connection):
        return
    # PostgreSQL sends notices, too. From MariaDB and MySQL it can only be the end; and PyMySQL, asked whether the
    # connection is usable, would connect anew without what Django had set.
    if connection.vendor != "postgresql" or not connection.is_usable():
        connection.close()


def is_in_transaction(connection: Any) -> bool:
    """Return whether ``connection`` may have begun what is not committed: in ``atomic``, or without autocommit."""
    return bool(
        connection.in_atomic_block or (connection.connection is not None and not connection.autocommit)
    )


def socket_of(raw: Any) -> int | None:
    """Return the file descriptor of a driver's connection: psycopg and mysqlclient tell it, PyMySQL's socket does.

    None: it has none any more.
    """
    tells = raw if hasattr(raw, "fileno") else raw._sock
    try:
        return None if tells is None else int(tells.fileno())
    except Exception:  # closed: every driver says so in its own words
        return None


def _fit_connections() -> list[Any]:
    """Replace this thread's dead connections, and give it back what was parked; return those that it had itself."""
    had = []
    for connection in connections.all(initialized_only=True):
        if connection.connection is None:
            parking.lot.give_back(connection)
        else:
            had.append(connection)
        if connection.connection is not None:
            replace_if_dead(connection)
    return had


def _park_all_but(had: list[Any]) -> None:
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and connection not in had and not is_in_transaction(connection):
            _let_go(connection)


def _let_go(connection: Any) -> None:
    options = connection.settings_dict
    if options["CONN_MAX_AGE"] is None or _is_in_memory(connection):
        return  # kept for ever: that is what the project says, or it would be lost
    if options.get("OPTIONS", {}).get("pool") or connection.errors_occurred:
        connection.close()
    else:
        parking.lot.park(connection)


def _has_news(raw: Any) -> bool:
    """Return whether there is something to be read from the socket, or none any more."""
    if not hasattr(raw, "fileno") and not hasattr(raw, "_sock"):
        return False  # a driver that does not show its socket
    number = socket_of(raw)
    if number is None:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


def _is_in_memory(connection: Any) -> bool:
    return bool(connection.vendor == "sqlite" and connection.is_in_memory_db())
