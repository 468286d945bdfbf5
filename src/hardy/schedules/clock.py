"""The database's clock, as a beat process tells the time by it: machines whose clocks disagree fire as one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError

from hardy.db.dialect import dialect_of, ledger_connection

logger = logging.getLogger(__name__)

#: Seconds after which the database is asked for the time again.
TRUSTED = 60.0


class DatabaseClock:
    """Goes on from what the database said last, by a clock that nobody sets."""

    def __init__(self) -> None:
        self.set(read())

    def set(self, now: datetime) -> None:
        """The database has just said that it is ``now``."""
        self._said = now if now.tzinfo else now.replace(tzinfo=UTC)
        self._heard = time.monotonic()

    def now(self) -> datetime:
        return self._said + timedelta(seconds=time.monotonic() - self._heard)

    def set_in_time(self) -> None:
        """Ask the database if it has not been asked for long; one that is away is believed a little longer."""
        if time.monotonic() < self._heard + TRUSTED:
            return
        try:
            self.set(read())
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The database does not say what time it is (%s)", error)


def read() -> datetime:
    """Return the present by the database's clock."""
    connection = ledger_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {dialect_of(connection).now}", [])
        said = cursor.fetchone()[0]
    now: datetime = datetime.fromisoformat(said) if isinstance(said, str) else said
    return now if now.tzinfo else now.replace(tzinfo=UTC)


def by(now: Callable[[], datetime], schedule: Any) -> Any:
    """Return the same schedule, which takes the time from ``now`` instead of its own clock."""
    told = object.__new__(type(schedule))  # not copied: Celery's schedules are copied by calling their class
    told.__dict__.update(vars(schedule))
    zone = schedule.now().tzinfo
    told.now = told.nowfun = lambda: now().astimezone(zone) if zone else now().replace(tzinfo=None)
    return told
