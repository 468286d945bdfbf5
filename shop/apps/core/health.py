"""Is the shop able to serve, and is anybody working?"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connection

from hardy.ledger.queries import ledger_status

logger = logging.getLogger(__name__)


def health() -> tuple[bool, dict[str, Any]]:
    """Whether the shop can serve, and the facts. Without workers it serves: tasks wait until one comes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        workers = len(ledger_status().workers)
    except DatabaseError:
        # Anybody may ask, and the error names hosts and accounts: it is for the log.
        logger.exception("The database does not answer")
        return False, {
            "status": "unavailable",
            "database": "unavailable",
            "workers": {"alive": False, "count": 0},
        }
    return True, {"status": "ok", "database": "ok", "workers": {"alive": workers > 0, "count": workers}}
