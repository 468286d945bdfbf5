"""Django in Celery's workers: connections live from task to task, and never cross a fork."""

from __future__ import annotations

import os
from typing import Any

from billiard.process import current_process
from celery.fixups import django as stock
from django.db import connections

from hardy.db.connections import forget_transaction, keep_connections, tidy_connections
from hardy.ledger.machine import die_with_parent

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

    def install(self) -> Fixup:
        """Install what Celery's does, and leave the app its own class of tasks, which derives from Celery's for Django."""
        own = self.app.task_cls
        super().install()
        self.app.task_cls = own
        return self

    @property
    def worker_fixup(self) -> WorkerFixup:
        # Built when a worker starts: its constructor reads the configuration, which is not there yet at import.
        if self._worker_fixup is None:
            self._worker_fixup = WorkerFixup(self.app)
        return self._worker_fixup


class WorkerFixup(stock.DjangoWorkerFixup):  # type: ignore[misc]
    """Celery's closes every connection around every task; this one keeps what is fit for the next."""

    def install(self) -> WorkerFixup:
        """Install what Celery's fix-up does, when a worker starts."""
        keep_connections()
        super().install()
        return self

    def close_database(self, **kwargs: Any) -> None:
        """Make connections fit for the next task; ``CELERY_DB_REUSE_MAX`` has nothing left to say."""
        tidy_connections()

    def on_worker_process_init(self, **kwargs: Any) -> None:
        """Start a pool child without its parent's connections."""
        # The solo pool sends this signal too, from the worker itself.
        if current_process().name != "MainProcess":
            die_with_parent()
            forget_connections()
        self.close_cache()


def forget_connections() -> None:
    """Drop every open connection of this thread without telling the server, and every pool."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            _inherited.append(connection.connection)
            connection.connection = None
        pools = getattr(connection, "_connection_pools", None)
        if pools:
            _inherited.append(pools.pop(connection.alias, None))
        forget_transaction(connection)
