"""How far an attempt is, in its job's row. It is the attempt's that has the row's token: a retry begins at nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

from hardy.attempt import Attempt
from hardy.db.dialect import ledger_connection, state_is
from hardy.db.failures import DATABASE_ERRORS
from hardy.how_far import Progress
from hardy.senders import is_in_transaction

logger = logging.getLogger(__name__)


def write(attempt: Attempt, reached: Progress) -> bool:
    """Write how far the attempt is; False if that cannot be, or if the attempt was fenced off."""
    connection, is_own = _outside_of_transactions(ledger_connection())
    if connection is None:
        return False
    text = json.dumps([attempt.token, reached.done, reached.total, reached.note])
    mine = f"id = %s AND token = %s AND {state_is('running')}"
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE hardy_job SET progress = %s WHERE {mine}", [text, attempt.job, attempt.token]
            )
            return bool(cursor.rowcount == 1)
    except DATABASE_ERRORS as error:
        logger.info("%s[%s]: its progress could not be written (%s)", attempt.task, attempt.job, error)
        if not is_own:
            connection.close_if_unusable_or_obsolete()
        return False
    finally:
        if is_own:
            connection.close()


def read(text: str, token: int) -> Progress | None:
    """Return what the row of a running attempt says; None if it says nothing, or nothing of this attempt."""
    try:
        of, done, total, note = json.loads(text)
    except (ValueError, TypeError):
        return None
    is_readable = isinstance(done, int | float) and (total is None or isinstance(total, int | float))
    return Progress(done, total, str(note)) if of == token and is_readable else None


def _outside_of_transactions(connection: Any) -> tuple[Any, bool]:
    """Return a connection on which a statement is seen at once, and whether it was made for that."""
    if not is_in_transaction(connection):
        return connection, False
    if connection.vendor == "sqlite":  # the transaction may be what the statement would wait for
        return None, False
    return connection.copy(), True
