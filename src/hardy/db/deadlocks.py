"""Two writers that wait for each other: the database ends one of them, and that one simply tries again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError

from hardy.db.dialect import ledger_connection

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

#: How often a statement is tried before the error is the caller's.
TRIES = 8

#: PostgreSQL's SQLSTATE, and the error number of MariaDB and MySQL (ER_LOCK_DEADLOCK).
POSTGRESQL = "40P01"
MYSQL = 1213


def again_after_deadlock(act: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Call ``act`` again if it was ended to resolve a deadlock, and had a transaction of its own.

    Inside a transaction of the caller's the database has undone more than ``act``: the error is the caller's to see.
    """

    @wraps(act)
    def try_again(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        for tried in range(1, TRIES):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if not is_deadlock(error) or ledger_connection().in_atomic_block:
                    raise
            time.sleep(random.uniform(0, 0.01 * tried))  # noqa: S311 - spreads the tries, hides nothing
        return act(*args, **kwargs)

    return try_again


def is_deadlock(error: OperationalError) -> bool:
    """Return True if the database ended the statement for the sake of another one."""
    cause = error.__cause__
    code = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return code == POSTGRESQL or error.args[:1] == (MYSQL,)
