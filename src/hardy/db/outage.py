"""Outages: what a database that is away was asked is asked again until it answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from hardy.db.connections import distrust_connections, roll_back_and_close
from hardy.db.dialect import ledger_connection

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

#: What a database that is away raises; anything else would be raised again at every try.
AWAY = (OperationalError, InterfaceError)
#: Seconds that a process waits for it, and its pauses between tries; the last one repeats.
PATIENCE = 60.0
PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)


def outlast(what: str, act: Callable[[], Done], errors: tuple[type[Exception], ...] = AWAY) -> Done:
    """Return what ``act`` returns, called again while it raises one of ``errors``.

    ``what`` is said to wait, in the log. Past :data:`PATIENCE` the last error is raised.
    """
    deadline = time.monotonic() + PATIENCE
    pauses = chain(PAUSES, repeat(PAUSES[-1]))
    while True:
        try:
            return act()
        except errors as error:
            roll_back_and_close(ledger_connection())
            distrust_connections()
            if time.monotonic() > deadline:
                raise
            logger.warning("The database is away (%s); %s waits for it", error, what)
        time.sleep(next(pauses))
