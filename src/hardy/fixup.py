"""Django in Celery's workers: connections live as long as Django's settings say, and never cross a fork."""

from __future__ import annotations

import os
from typing import Any

from billiard.process import current_process
from celery.fixups import django as stock
from django.db import close_old_connections, connections

from hardy.machine import die_with_parent
from hardy.sqlite import stay_open

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
        close_old_connections()

    def on_worker_process_init(self, **kwargs: Any) -> None:
        """Start a pool child without its parent's connections."""
        if (
            current_process().name != "MainProcess"
        ):  # the solo pool sends this signal too, from the worker itself
            die_with_parent()
            forget_connections()
        self.close_cache()


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
