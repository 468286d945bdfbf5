"""Django in Celery's workers: connections live as long as Django's settings say, and never cross a fork."""

from __future__ import annotations

import os
import time
from typing import Any
from weakref import WeakKeyDictionary

from billiard.process import current_process
from celery.fixups import django as stock
from django.db import connections

from hardy.db.sqlite import stay_open
from hardy.ledger.machine import die_with_parent

#: Seconds for which a connection that passed ``CONN_HEALTH_CHECKS`` counts as healthy. Django asks once a request; a
#: worker may run hundreds of tasks a second.
FRESH = 1.0

#: When each connection was first seen to have passed its check.
_checked: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

#: Connections that a pool child inherited. They are the parent's: closing them here would close them there.
_inherited: list[Any] = []


def fixup(app: Any, env: str = "DJANGO_SETTINGS_MODULE") -> Any:
    """Install the fix-up if Django's settings module is named, as Celery's own does."""
    if os.environ.get(env) and "django" not in app.loader_cls.lower():
        return Fixup(app).install()
    return None


class Fixup(stock.DjangoFixup):  # type: ignore[misc]
    """Celery's Django fix-up, with hardy's rules for connections in workers."""

    _worker_fixup: WorkerFixup | None

    @property
    def worker_fixup(self) -> WorkerFixup:
        # Built when a worker starts: its constructor reads the configuration, which is not there yet at import.
        if self._worker_fixup is None:
            self._worker_fixup = WorkerFixup(self.app)
        return self._worker_fixup


class WorkerFixup(stock.DjangoWorkerFixup):  # type: ignore[misc]
    """Celery's closes every connection around every task; this one follows ``CONN_MAX_AGE`` and health checks."""

    def install(self) -> WorkerFixup:
        """Install what Celery's fix-up does, when a worker starts."""
        stay_open()
        super().install()
        return self

    def close_database(self, **kwargs: Any) -> None:
        """Close what is broken or too old, as Django does around a request."""
        connection: Any  # whose health_check_done its stubs do not know
        for connection in connections.all(initialized_only=True):
            was_checked = connection.health_check_done
            connection.close_if_unusable_or_obsolete()
            if was_checked and connection.connection is not None:
                connection.health_check_done = _is_fresh(connection)

    def on_worker_process_init(self, **kwargs: Any) -> None:
        """Start a pool child without its parent's connections."""
        # The solo pool sends this signal too, from the worker itself.
        if current_process().name != "MainProcess":
            die_with_parent()
            forget_connections()
        self.close_cache()


def _is_fresh(connection: Any) -> bool:
    """Return whether a checked connection need not be checked for the next task: that would be a round trip each."""
    now = time.monotonic()
    checked = _checked.setdefault(connection, now)
    if now - checked < FRESH:
        return True
    del _checked[connection]
    return False


def forget_connections() -> None:
    """Drop every open connection of this thread without a word to the server, and every pool."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            _inherited.append(connection.connection)
            connection.connection = None
        pools = getattr(connection, "_connection_pools", None)
        if pools:
            _inherited.append(pools.pop(connection.alias, None))
        connection.in_atomic_block = False
        connection.savepoint_ids = []
        connection.needs_rollback = False
