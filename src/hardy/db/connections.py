"""Connections in workers: each lives from task to task, whatever ``CONN_MAX_AGE`` says about web requests.

Opening one costs more than a short task. So workers and beat keep theirs for an hour, and check one that nobody used
for a second before the next task relies on it. With Django's own pool (``OPTIONS["pool"]``) a connection goes back to
the pool after each task instead: that costs nothing, and a thread must not sit on one that another waits for.
``HARDY["KEEP_CONNECTIONS"] = False`` has workers follow ``CONN_MAX_AGE`` as Django does around a request.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connections

from hardy.conf import settings
from hardy.senders import is_in_transaction, look_after

#: Seconds after which a kept connection is replaced: what a server keeps for it does not grow for ever.
MAX_AGE = 3600.0
#: Seconds for which a connection that passed its check counts as healthy. Django asks once a request; a worker may run
#: hundreds of tasks a second.
FRESH = 1.0

#: True in workers and beat, and in the pool children they fork.
_keeps = False
#: When each connection was first seen to have passed its check.
_checked: WeakKeyDictionary[Any, float] = WeakKeyDictionary()


def keep_connections() -> None:
    """From now on this process, and the children it forks, keep their connections from task to task."""
    global _keeps
    _keeps = not runs_greenlets()


def keep_if_worker(sender: Any, connection: Any, **_: Any) -> None:
    """Receive ``connection_created``: in a worker the connection outlives the task that opened it."""
    if not _keeps or not settings.KEEP_CONNECTIONS or connection.settings_dict.get("OPTIONS", {}).get("pool"):
        return
    if connection.vendor == "sqlite":  # a file, which no server restarts
        connection.close_at = None
        return
    connection.close_at = time.monotonic() + MAX_AGE
    connection.health_check_enabled = True


def tidy_connections() -> None:
    """Make every connection of this thread fit for the next task: close what is broken, too old or not as it was.

    A transaction that a task left open is rolled back: it would swallow what others write from now on.
    """
    look_after()
    connection: Any  # whose health_check_done its stubs do not know
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            roll_back_and_close(connection)
            continue
        was_checked = connection.health_check_done
        connection.close_if_unusable_or_obsolete()
        if was_checked and connection.connection is not None:
            connection.health_check_done = _is_fresh(connection)


def roll_back_and_close(connection: Any) -> None:
    """Close a connection, which rolls back what is open on it; the next statement opens another."""
    forget_transaction(connection)
    connection.close()


def forget_transaction(connection: Any) -> None:
    """Have Django know of no transaction on ``connection``; the database is not told."""
    connection.in_atomic_block = False
    connection.savepoint_ids = []
    connection.atomic_blocks = []
    connection.run_on_commit = []
    connection.needs_rollback = False
    connection.closed_in_transaction = False


def renew(connection: Any) -> None:
    """Close ``connection`` if it is broken or too old, so that the next statement opens another.

    Django's own ``close_if_unusable_or_obsolete`` closes whatever is in a transaction: it is meant for the time between
    two requests. Whoever may be called inside one leaves it alone (tests/brokers/test_inside_transactions.py).
    """
    if not is_in_transaction(connection):
        connection.close_if_unusable_or_obsolete()


def after_commit(connection: Any, act: Callable[[], object]) -> None:
    """Call ``act`` once what ``connection`` is about to write has been committed.

    It is never called where the project commits by hand: Django does not see those commits, and refuses to promise
    anything (``TransactionManagementError``). What depends on it must come about without it: the relay publishes jobs.
    """
    if connection.in_atomic_block or not is_in_transaction(connection):
        connection.on_commit(act)


def distrust_connections() -> None:
    """One connection turned out to be dead: check the others of this thread before they are used again."""
    for connection in connections.all(initialized_only=True):
        _checked.pop(connection, None)
        if not connection.in_atomic_block:
            connection.health_check_done = False  # type: ignore[attr-defined]


def _is_fresh(connection: Any) -> bool:
    """Return whether a checked connection need not be checked for the next task: that would be a round trip each."""
    now = time.monotonic()
    checked = _checked.setdefault(connection, now)
    if now - checked < FRESH:
        return True
    del _checked[connection]
    return False


@cache
def runs_greenlets() -> bool:
    """Under gevent and eventlet each task is a thread of its own to Django, and what it opened must end with it."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    if gevent is not None and gevent.is_module_patched("threading"):
        return True
    return eventlet is not None and bool(eventlet.is_monkey_patched("thread"))
