"""The database's clock: the one by which everything in the ledger is timed, so that machines need not agree."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models.expressions import RawSQL

from hardy.db.dialect import dialect_of, ledger_connection
from hardy.db.moment import MomentField

logger = logging.getLogger(__name__)

#: Seconds after which the database is asked for the time again.
TRUSTED = 60.0


def seconds_from_now(amount: float) -> RawSQL:
    """Return the ledger's present plus ``amount`` seconds (negative: ago), for Django's query sets."""
    dialect = dialect_of(ledger_connection())
    return RawSQL(dialect.later, [dialect.seconds(amount)], output_field=MomentField())  # noqa: S611


class DatabaseClock:
    """Goes on from what the database said last, by a clock that nobody sets."""

    def __init__(self) -> None:
        self.set(present())

    def set(self, now: datetime) -> None:
        """The database has just said that it is ``now``."""
        self._said = now if now.tzinfo else now.replace(tzinfo=UTC)
        self._heard = time.monotonic()

    def now(self) -> datetime:
        return self.at(time.monotonic())

    def at(self, moment: float) -> datetime:
        """Return what the database's clock showed when ``time.monotonic()`` was ``moment``."""
        return self._said + timedelta(seconds=moment - self._heard)

    def set_in_time(self) -> None:
        """Ask the database if it has not been asked for long; one that is away is believed a little longer."""
        if time.monotonic() < self._heard + TRUSTED:
            return
        try:
            self.set(present())
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The database does not say what time it is (%s)", error)


def since(moment: datetime, now: datetime) -> timedelta:
    """Return how long before ``now`` a moment of the ledger was, at least nothing; one without a zone is in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(0), now - aware)


def present() -> datetime:
    """Return the present by the database's clock."""
    connection = ledger_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {dialect_of(connection).now}", [])
        said = cursor.fetchone()[0]
    now: datetime = datetime.fromisoformat(said) if isinstance(said, str) else said
    return now if now.tzinfo else now.replace(tzinfo=UTC)
