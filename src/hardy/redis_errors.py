"""What Redis answers while it may not write, as a replica after a failover may not: it passes, like a lost connection.

Redis says so in ordinary error responses, which Celery takes for mistakes in what it asked: a worker ends over them,
and the result of a task that has run is lost. Redis being optional, its exceptions are looked up when there are some.
"""

from __future__ import annotations

import sys
from typing import Any

from hardy.errors import causes_of

#: Classes of redis-py, and the words that responses begin with for which it has none.
CLASSES = ("ReadOnlyError", "ClusterDownError", "TryAgainError")
WORDS = ("UNBLOCKED", "READONLY", "NOREPLICAS", "MISCONF", "MASTERDOWN", "CLUSTERDOWN", "LOADING")


def passing_errors() -> tuple[type[Exception], ...]:
    """Return the classes of redis-py's errors that pass; none where Redis is not in use."""
    exceptions: Any = sys.modules.get("redis.exceptions")
    found = (getattr(exceptions, name, None) for name in CLASSES)
    return tuple(error for error in found if error is not None)


def passes(error: BaseException | None) -> bool:
    """Return whether the error, or what it came from, says that Redis may not write now."""
    return any(isinstance(one, passing_errors()) or str(one).startswith(WORDS) for one in causes_of(error))


def as_lost_connection(error: Exception) -> Exception:
    """Return ``error``; or, if it passes, a ``ConnectionError`` of redis-py, which Celery knows what to do about."""
    if not passes(error):
        return error
    exceptions: Any = sys.modules["redis.exceptions"]
    lost: Exception = exceptions.ConnectionError(f"Redis does not take this now: {error}")
    return lost
