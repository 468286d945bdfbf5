"""What differs between databases in the ledger's hot-path SQL: the clock, conflicts, and what a statement can return.

Every time in the ledger is written and compared by the database's own clock, in UTC, so that machines whose clocks
disagree cannot break a lease. Fragments hold no user input; values always travel as parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.conf import settings

#: Longest delay the ledger takes, in seconds (100 years): beyond it databases overflow.
FURTHEST = 100 * 365 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """SQL fragments of one kind of database."""

    vendor: str
    #: The present, as the column type of a Django ``DateTimeField``.
    now: str
    #: The present plus one ``%s`` parameter made by :meth:`seconds`; negative means past.
    later: str
    #: What follows ``INSERT ... VALUES`` so that a row that exists already is left alone.
    on_conflict_ignore: str
    #: Seconds between two columns, ``{earlier}`` and ``{later}``.
    elapsed: str = ""
    #: One statement may delete, insert and return (PostgreSQL's data-modifying WITH).
    moves_rows: bool = False
    #: UPDATE can return the rows it changed.
    returns_updates: bool = False
    #: Writers can pass over rows that another writer holds.
    skip_locked: str = ""
    #: One more part of a WITH, and the condition that makes it count: the commit of this transaction does not wait for
    #: the disk. Only for statements whose loss in a database crash means one more run, never one less.
    async_commit_cte: str = ""
    async_commit_condition: str = ""

    def seconds(self, amount: float) -> Any:
        """Return ``amount`` seconds as the parameter of :attr:`later`."""
        bounded = round(min(max(amount, -FURTHEST), FURTHEST), 6)
        return f"{bounded:+.6f} seconds" if self.vendor == "sqlite" else bounded

    def at(self, moment: datetime) -> Dialect:
        """Return the same fragments with ``moment`` for the present."""
        literal = "'" + moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        if self.vendor == "sqlite":
            now, later = (fragment.replace("'now'", f"{literal}'") for fragment in (self.now, self.later))
        elif self.vendor == "postgresql":
            now = f"{literal}+00'::timestamptz"
            later = f"({now} + %s * interval '1 second')"
        else:
            now = f"TIMESTAMP{literal}'"
            later = f"({now} + INTERVAL %s SECOND)"
        return replace(self, now=now, later=later)


POSTGRESQL = Dialect(
    vendor="postgresql",
    now="statement_timestamp()",
    later="statement_timestamp() + %s * interval '1 second'",
    on_conflict_ignore="ON CONFLICT DO NOTHING",
    elapsed="EXTRACT(EPOCH FROM ({later} - {earlier}))",
    moves_rows=True,
    returns_updates=True,
    skip_locked="FOR UPDATE SKIP LOCKED",
    async_commit_cte=", quick AS (SELECT set_config('synchronous_commit', 'off', true) AS mode)",
    async_commit_condition=" AND EXISTS (SELECT mode FROM quick)",
)
SQLITE = Dialect(
    vendor="sqlite",
    now="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    later="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s)",
    on_conflict_ignore="ON CONFLICT DO NOTHING",
    elapsed="(julianday({later}) - julianday({earlier})) * 86400.0",
    returns_updates=True,
)
MYSQL = Dialect(
    vendor="mysql",
    now="UTC_TIMESTAMP(6)",
    later="(UTC_TIMESTAMP(6) + INTERVAL %s SECOND)",
    on_conflict_ignore="ON DUPLICATE KEY UPDATE {key} = {key}",
    elapsed="TIMESTAMPDIFF(MICROSECOND, {earlier}, {later}) / 1000000.0",
    skip_locked="FOR UPDATE SKIP LOCKED",
)
DIALECTS = {dialect.vendor: dialect for dialect in (POSTGRESQL, SQLITE, MYSQL)}


#: Tells the time instead of the database's clock, while a test moves it.
_present: Callable[[], datetime] | None = None


@contextmanager
def present_is(now: Callable[[], datetime]) -> Iterator[None]:
    """Let the ledger of this process, and of no other, ask ``now`` for the time: for tests that move it."""
    global _present
    before, _present = _present, now
    try:
        yield
    finally:
        _present = before


def dialect_of(connection: BaseDatabaseWrapper) -> Dialect:
    """Return the fragments for ``connection``; a database that hardy does not know is refused."""
    try:
        dialect = DIALECTS[connection.vendor]
        return dialect if _present is None else dialect.at(_present())
    except KeyError:
        known = ", ".join(sorted(DIALECTS))
        raise NotImplementedError(
            f"The ledger cannot live in {connection.vendor!r}; HARDY['DATABASE'] must name one of: {known}."
        ) from None


def ledger_connection() -> BaseDatabaseWrapper:
    """Return this thread's connection to the database that holds the ledger."""
    return connections[settings.DATABASE]


def state_is(*states: str) -> str:
    """Return the condition that a row's state is one of ``states``, in a form that no index can serve.

    Statements that name a row by its id must find it by its id. Statistics of a queue are always stale, and a planner
    that believes them reads every queued row to find one.
    """
    names = ", ".join(f"'{state}'" for state in states)
    return f"CASE WHEN state IN ({names}) THEN 1 ELSE 0 END = 1"
