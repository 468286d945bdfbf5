"""What a database error means, told by its SQLSTATE or number: an outage passes, what content causes never does.

Exception classes do not tell: psycopg raises ``InternalError`` on a read-only standby, and ``OperationalError`` for a
value that is too large for an index.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from django.db import DatabaseError, DataError, Error, IntegrityError, InterfaceError, OperationalError

#: What Django raises for whatever a database does; its ``InterfaceError`` is no ``DatabaseError``.
DATABASE_ERRORS = (DatabaseError, InterfaceError)

#: PostgreSQL, by class or by code (postgresql.org/docs/current/errcodes-appendix.html).
LOST_POSTGRESQL = ("08", "57P01", "57P02", "57P05")  # the connection broke, or was ended by an administrator
PASSING_POSTGRESQL = (
    "25006",  # read-only: a standby, or a primary that has just become one
    "25P03",  # idle in transaction for too long
    "40",  # deadlocks and serialisation failures
    "53",  # too many connections, no disk, no memory
    "55P03", "57014",  # a lock or a statement took too long
    "57P", "58",  # starting up, shutting down; input and output
)  # fmt: skip
#: MariaDB and MySQL, whose clients number their own errors from 2000 (mariadb.com/kb/en/mariadb-error-codes).
LOST_MYSQL = {
    0,
    1053,
    1152,
    1158,
    1159,
    1160,
    1161,
    1184,
    1317,
    1927,
    2002,
    2003,
    2006,
    2013,
    2055,
    3169,
    4031,
}
PASSING_MYSQL = {
    1021, 1037, 1038,  # no disk, no memory
    1040, 1042, 1043, 1203, 1226,  # too many connections, handshakes that fail
    1047,  # a Galera node that is not ready
    1205, 1213, 1969, 3024,  # lock waits, deadlocks, statements that took too long
    1792, 1836,  # read-only
}  # fmt: skip
#: Whatever option forbids the statement; only ``--read-only`` passes.
OPTION_PREVENTS_STATEMENT = 1290
#: What a session that was bound to a primary answers after a failover, on PostgreSQL, MariaDB and MySQL.
READ_ONLY = {"25006", 1792, 1836, OPTION_PREVENTS_STATEMENT}
PASSING_SQLITE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip

#: A table or column that is not there: a migration has yet to run, or is running.
MISSING_SCHEMA = {"42P01", "42703", 1146, 1054}


def is_outage(error: BaseException) -> bool:
    """Return whether the database, not what it was asked, is at fault: asked again later, it may answer."""
    if not isinstance(error, Error):
        return False
    code = code_of(error)
    if isinstance(code, str):
        return code.startswith((*LOST_POSTGRESQL, *PASSING_POSTGRESQL))
    if code == OPTION_PREVENTS_STATEMENT:
        return "read" in str(error) and "only" in str(error)
    if code is not None and _is_of_sqlite(error):
        return code & 0xFF in PASSING_SQLITE
    return code in PASSING_MYSQL or is_lost_connection(error)


def is_about_content(error: BaseException) -> bool:
    """Return whether the database refused a value: it will refuse it every time."""
    return isinstance(error, (DataError, IntegrityError))


def is_lost_connection(error: BaseException) -> bool:
    """Return whether the connection broke, or could not be made, before there was an answer."""
    if not isinstance(error, Error) or _is_of_sqlite(error):
        return False
    code = code_of(error)
    if code is None:  # the client speaks, not the server
        return isinstance(error, (OperationalError, InterfaceError))
    return code.startswith(LOST_POSTGRESQL) if isinstance(code, str) else code in LOST_MYSQL


def is_of_the_connection(error: BaseException) -> bool:
    """Return whether another connection may get what this one did not: it broke, or leads to a node that only reads."""
    return is_lost_connection(error) or (is_outage(error) and code_of(error) in READ_ONLY)


def is_missing_schema(error: BaseException) -> bool:
    """Return whether a table or column is not there, which a migration may mend in a moment."""
    code = code_of(error)
    return code in MISSING_SCHEMA or (_is_of_sqlite(error) and "no such" in str(error))


def code_of(error: BaseException) -> str | int | None:
    """Return PostgreSQL's SQLSTATE, or the error number of MariaDB, MySQL or SQLite; None if there is neither."""
    cause: Any = error.__cause__
    if error.args and isinstance(error.args[0], int):  # PyMySQL has a SQLSTATE too, which says less
        return error.args[0]
    number = getattr(cause, "sqlite_errorcode", None)
    if number is not None:
        return int(number)
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)


def _is_of_sqlite(error: BaseException) -> bool:
    return isinstance(error.__cause__, sqlite3.Error)
