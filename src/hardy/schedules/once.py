"""Schedules fire once, however many beat processes run.

Each beat decides for itself that an entry is due, as Celery does. Before it sends, it locks the entry's row and asks
the schedule again, with the time the entry really fired last. The row and the job it causes commit together.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from hardy.conf import settings
from hardy.dialect import dialect_of, ledger_connection
from hardy.schedules.models import Firing

logger = logging.getLogger(__name__)


def fire_once(sender: Any, **_: Any) -> None:
    """Receive ``beat_init``: guard the scheduler of the beat service, whatever its class."""
    scheduler = sender.scheduler
    scheduler.apply_async = partial(_fire, scheduler, scheduler.apply_async)


def _fire(
    scheduler: Any, send: Any, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any
) -> Any:
    with transaction.atomic(using=settings.DATABASE):
        last = _lock(entry.name)
        if last is not None and not _is_due(entry.schedule, last):
            logger.info("Schedule entry %s was fired by another beat process at %s", entry.name, last)
            _adopt(scheduler, entry.name, last)
            return None
        _firings().filter(entry=entry.name).update(fired=scheduler.app.now())
        return send(entry, producer=producer, advance=advance, **kwargs)


def _lock(name: str) -> datetime | None:
    """Return when ``name`` fired last, and keep its row until the transaction ends."""
    connection = ledger_connection()
    ignore = dialect_of(connection).on_conflict_ignore.format(key="entry")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO hardy_firing (entry, fired) VALUES (%s, NULL) {ignore}", [name])
    last: datetime | None = _firings().select_for_update().get(entry=name).fired
    return last


def _is_due(schedule: Any, last: datetime) -> bool:
    once_at = getattr(schedule, "clocked_time", None)
    if once_at is not None:  # a clocked schedule does not look at its last run
        return bool(last < once_at)
    return bool(schedule.is_due(last)[0])


def _adopt(scheduler: Any, name: str, last: datetime) -> None:
    """Let this beat count from the real last run, so that it takes over in step if the other one dies."""
    mine = scheduler.schedule.get(name)
    if mine is not None:
        mine.last_run_at = last
    scheduler.old_schedulers = None  # makes Celery's scheduler order its entries anew


def _firings() -> Any:
    return Firing.objects.using(settings.DATABASE)
