"""SQLite opened so that web, worker and beat live together: WAL, immediate transactions, and a busy timeout."""

from __future__ import annotations

from typing import Any

#: Milliseconds a writer waits for another one; SQLite has one writer at a time.
BUSY_TIMEOUT = 30_000


def live_together(sender: Any, connection: Any, **_: Any) -> None:
    """Receive ``connection_created`` for the ledger's database. What the project has set itself stays."""
    from hardy.conf import settings

    if connection.vendor != "sqlite" or connection.alias != settings.DATABASE:
        return
    options = connection.settings_dict.setdefault("OPTIONS", {})
    # A transaction that reads first and writes later cannot wait for the lock: it would fail at once. The options are
    # set as well as the mode, because whoever asks Django for the connection's parameters makes it read them again.
    connection.transaction_mode = options.setdefault("transaction_mode", "IMMEDIATE")
    if "init_command" in options:
        return
    with connection.cursor() as cursor:
        if "timeout" not in options:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        if not connection.is_in_memory_db():
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
