"""A replica that lags, and a router that reads from it: an empty database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from tests.contracts.databases import ALIAS, replaced

REPLICA = "replica"

#: The router's name, for ``DATABASE_ROUTERS``; migrate both databases before it is set.
ROUTER = f"{__name__}.ToTheReplica"


class ToTheReplica:
    """Reads go to a replica that nothing has reached yet."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return REPLICA

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return ALIAS

    def allow_relation(self, *rows: Any, **hints: Any) -> bool:
        return True


@contextmanager
def replica(folder: Path) -> Iterator[None]:
    """Let Django know a new SQLite database as the replica."""
    url = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "replica.sqlite3")}}
    with replaced(REPLICA, connections.configure_settings(url)["default"]):
        yield
