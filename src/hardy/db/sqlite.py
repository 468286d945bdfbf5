"""SQLite opened so that web, worker and beat live together: WAL, immediate transactions, and patience."""

from __future__ import annotations

from typing import Any

#: True in workers and beat; see `keep_open`.
_stays_open = False

#: Milliseconds a writer waits for another one; SQLite has one writer at a time.
BUSY_TIMEOUT = 30_000


def stay_open() -> None:
    """From now on this process, and the children it forks, keep a connection from task to task.

    ``CONN_MAX_AGE = 0``, Django's default, frees a server's connections between requests. SQLite has no server: opening
    the file anew for each task would free nothing and halve the speed of a worker. Any other value is followed.
    """
    global _stays_open
    _stays_open = True


def live_together(sender: Any, connection: Any, **_: Any) -> None:
    """Receive ``connection_created`` for the ledger's database. What the project has set itself stays."""
    from hardy.conf import settings

    if connection.vendor != "sqlite" or connection.alias != settings.DATABASE:
        return
    if _stays_open and connection.settings_dict.get("CONN_MAX_AGE") == 0:
        connection.close_at = None
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
