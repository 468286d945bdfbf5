"""How a job reaches a worker once it may start: from the ledger itself, or published to the broker behind it.

The ledger knows no broker. `hardy.broker` registers what publishes a row, and the ledger calls it after the commit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import celery


class Publishable(NamedTuple):
    """A row that has been committed and may start."""

    id: str
    queue: str
    text: str
    token: int = 0
    attempts: int = 0
    #: When it was enqueued, by this process's monotonic clock.
    enqueued_at: float = math.inf


#: Publishes one row to the broker of an app, soon; it returns at once.
Publish = Callable[[Any, Publishable], None]


def publish_with(publish: Publish) -> None:
    """Have every row that may start handed to ``publish`` once its transaction has committed."""
    global _publish
    _publish = publish


def publish_soon(app: Any, row: Publishable) -> None:
    """Hand a committed row to the broker of ``app``; where nothing publishes, the relay finds it."""
    if _publish is not None:
        _publish(app, row)


def is_embedded(app: Any = None) -> bool:
    """True if the ledger itself is the broker of ``app`` (default: the current app)."""
    conf = (app or celery.current_app).conf
    url = conf.broker_write_url
    first = url[0] if isinstance(url, (list, tuple)) else url
    return str(first or "").startswith("hardy://") or conf.broker_transport == "hardy"


def start_state() -> str:
    """Return the state of a row that may start now: with a broker it must still be published."""
    return "queued" if is_embedded() else "held"


_publish: Publish | None = None
