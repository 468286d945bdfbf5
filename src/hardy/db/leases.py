"""Leadership by a lease row: of all processes that ask for a name, one gets it until its lease ends."""

from __future__ import annotations

from hardy.conf import settings
from hardy.db.dialect import dialect_of, ledger_connection


def is_leader(name: str, holder: str) -> bool:
    """Take or renew the lease ``name`` for ``holder``; True while it holds it.

    One conditional UPDATE by the database's clock decides, so two processes can never both win.
    """
    if _renew(name, holder):
        return True
    _create(name)
    return _renew(name, holder)


def is_led(name: str) -> bool:
    """Return whether anyone holds the lease ``name`` now."""
    connection = ledger_connection()
    held = f"SELECT 1 FROM hardy_lease WHERE name = %s AND holder <> '' AND expires_at > {dialect_of(connection).now}"
    with connection.cursor() as cursor:
        cursor.execute(held, [name])
        return cursor.fetchone() is not None


def resign(holder: str) -> None:
    """Give up every lease of ``holder`` now, so that a successor need not wait for them to end."""
    with ledger_connection().cursor() as cursor:
        cursor.execute("UPDATE hardy_lease SET holder = '' WHERE holder = %s", [holder])


def _renew(name: str, holder: str) -> bool:
    connection = ledger_connection()
    clock = dialect_of(connection)
    renew = (
        f"UPDATE hardy_lease SET holder = %s, expires_at = {clock.later}"
        f" WHERE name = %s AND (holder = %s OR holder = '' OR expires_at < {clock.now})"
    )
    with connection.cursor() as cursor:
        cursor.execute(renew, [holder, clock.seconds(settings.LEASE.total_seconds()), name, holder])
        return bool(cursor.rowcount == 1)


def _create(name: str) -> None:
    """Make sure that the row exists; it is nobody's until someone renews it."""
    connection = ledger_connection()
    clock = dialect_of(connection)
    ignore = clock.on_conflict_ignore.format(key="name")
    create = f"INSERT INTO hardy_lease (name, holder, expires_at) VALUES (%s, '', {clock.now}) {ignore}"
    with connection.cursor() as cursor:
        cursor.execute(create, [name])
