"""Threads that send, and live on: as a process has them that consumes a queue, or reads a device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from depot.models import Effect
from depot.tasks import record
from django.db import connection, connections

Order = Callable[[], object] | None

#: One thread each: what it is to do next, and how often it has done something.
_orders: list[SimpleQueue[Order]] = []
_done: SimpleQueue[BaseException | None] = SimpleQueue()

SESSIONS = {
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND client_port IS NOT NULL"
    ),
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}
END = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}

#: Sessions that were there before a thread was.
_before: set[int] = set()


def start(threads: int, name: str, *, keep: bool = False) -> None:
    """Have threads send a task each; ``keep``: each has used the database itself before."""
    _before.update(_sessions())
    for _ in range(threads):
        orders: SimpleQueue[Order] = SimpleQueue()
        _orders.append(orders)
        threading.Thread(target=_obey, args=(orders,), daemon=True).start()
    if keep:
        _all_do(Effect.objects.exists)
    again(name)


def again(name: str) -> None:
    """Have each thread send one more task."""
    _all_do(lambda: record.delay(name))


def stop() -> None:
    _all_do(connections.close_all)
    for orders in _orders:
        orders.put(None)
    _orders.clear()


def held() -> int:
    """How many sessions there are that were not there before the threads; files have none."""
    return len(_sessions() - _before)


def end_sessions() -> None:
    """End the threads' sessions at the server."""
    for session in _sessions() - _before:
        with connection.cursor() as cursor:
            cursor.execute(END[connection.vendor], [session])


def _sessions() -> set[int]:
    if connection.vendor == "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS[connection.vendor])
        return {row[0] for row in cursor.fetchall()}


def _all_do(act: Callable[[], object]) -> None:
    for orders in _orders:
        orders.put(act)
    errors = [error for error in [_done.get(timeout=60) for _ in _orders] if error is not None]
    if errors:
        raise errors[0]


def _obey(orders: SimpleQueue[Order]) -> None:
    while (act := orders.get()) is not None:
        try:
            act()
        except BaseException as error:
            _done.put(error)
        else:
            _done.put(None)
