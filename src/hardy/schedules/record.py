"""What a beat process knows of an entry's last run and of how often it ran, when several processes fire it.

Each counts in its own memory, and django-celery-beat saves the count of whichever process saved last. Here the row
counts, in the transaction of the firing, and memory follows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import F


def record_run(scheduler: Any, entries: Iterable[Any], now: datetime) -> None:
    """This process fires: ``entries`` are all that its scheduler has for the one that is fired."""
    rows = next((_rows(entry) for entry in entries if _is_row(entry)), None)
    if rows is not None:
        rows.update(total_run_count=F("total_run_count") + 1, last_run_at=now)
    for entry in entries:
        _set(scheduler, entry, now)


def has_never_run(entry: Any) -> bool:
    """Whether the entry is a row that has not run since it was made, or since it was switched off."""
    return _is_row(entry) and bool(_rows(entry).filter(last_run_at=None).exists())


def take_back(scheduler: Any, entries: Iterable[Any], last: datetime | None) -> None:
    """Another process has fired, or it was not due: what the scheduler noted of a run is forgotten."""
    for entry in entries:
        entry.total_run_count -= 1
        _set(scheduler, entry, last or entry.last_run_at)
    scheduler.old_schedulers = None  # makes Celery's scheduler order its entries anew


def _set(scheduler: Any, entry: Any, last: datetime) -> None:
    entry.last_run_at = last
    if _is_row(entry):
        counted = _rows(entry).values_list("total_run_count", flat=True).first() or 0
        entry.model.last_run_at, entry.model.total_run_count, entry.total_run_count = last, counted, counted
        scheduler._dirty.discard(entry.name)  # or the scheduler would save its own count over the row's


def _is_row(entry: Any) -> bool:
    """django-celery-beat keeps entries in a table; Celery's own schedulers have them in memory or in a file."""
    return hasattr(entry, "model") and hasattr(entry.model, "total_run_count")


def _rows(entry: Any) -> Any:
    """The entry's row where it is written: a replica may not have heard yet that it has fired."""
    model = type(entry.model)
    return model._default_manager.using(router.db_for_write(model)).filter(pk=entry.model.pk)
