"""Outages: what a database that is unavailable was asked is asked again until it answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

from django.db import DataError, OperationalError

from hardy import events
from hardy.db.connections import distrust_connections, roll_back_and_close
from hardy.db.dialect import ledger_connection
from hardy.db.failures import DATABASE_ERRORS, is_lost_connection, is_outage
from hardy.db.unanswered import cut_if_unanswered

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

#: Seconds that a process waits for it, and its pauses between tries; the last one repeats.
LONGEST_WAIT = 60.0
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
#: How often a database that answers may break the connection at one statement before the statement is at fault.
REFUSALS = 4


class DatabaseAway(OperationalError):
    """The database has been unavailable for longer than anybody waits for it."""


class Refused(DataError):
    """The database answers, and breaks the connection at this statement each time: it cannot take it."""


def retry_while_away(
    what: str,
    act: Callable[[], Done],
    *,
    also: Callable[[BaseException], bool] = lambda _: False,
    unless: Callable[[], bool] = lambda: False,
) -> Done:
    """Return what ``act`` returns, called again while the database is unavailable, each time on a new connection.

    ``what`` is said to wait, in the log. ``also`` names errors that are worth waiting for besides outages; any other
    is raised at once. Past :data:`LONGEST_WAIT`, or once ``unless`` says so, :class:`DatabaseAway` is raised; and
    :class:`Refused` if the database is there but cannot take what ``act`` writes.
    """
    deadline = time.monotonic() + LONGEST_WAIT
    pauses = chain(PAUSES, repeat(PAUSES[-1]))
    refusals = 0
    while True:
        try:
            with cut_if_unanswered(ledger_connection(), what):
                return act()
        except DATABASE_ERRORS as error:
            if not is_outage(error) and not also(error):
                raise
            # Also one that answers: after a failover it may be bound to a node that only reads.
            roll_back_and_close(ledger_connection())
            distrust_connections()
            refusals = refusals + 1 if is_lost_connection(error) and _answers() else 0
            if refusals == REFUSALS:
                raise Refused(_refusal(error)) from error
            if time.monotonic() > deadline or unless():
                raise DatabaseAway(f"The database is away: {error}") from error
            logger.warning("The database is away (%s); %s waits for it", error, what)
            events.emit(events.connection_retried, None, to="database", error=str(error))
        time.sleep(next(pauses))


def _answers() -> bool:
    """Return whether a new connection gets an answer."""
    connection = ledger_connection()
    try:
        with cut_if_unanswered(connection, "a question"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DATABASE_ERRORS:
        connection.close()
        return False
    return True


def _refusal(error: BaseException) -> str:
    said = f"The database answers, and broke the connection at this statement {REFUSALS} times ({error})"
    connection = ledger_connection()
    if connection.vendor != "mysql":
        return f"{said}: it cannot take it."
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        [limit] = cursor.fetchone()
    return f"{said}: it takes no more than {limit} bytes at once (max_allowed_packet)."
