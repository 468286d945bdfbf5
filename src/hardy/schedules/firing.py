"""Schedules fire once, however many beat processes run, and whatever their own clocks say.

Each beat decides that an entry is due, as Celery does, but by the database's clock. Before it sends, it locks the
entry's row and asks the schedule again, with the time the entry really fired last. The row and the job it causes
commit together.
"""

from __future__ import annotations

import heapq
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import transaction

from hardy.cause import SCHEDULE_HEADER
from hardy.conf import settings
from hardy.db.clock import DatabaseClock, seconds_from_now
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.schedules.clock import by
from hardy.schedules.models import Firing
from hardy.schedules.record import has_never_run, record_run, take_back

logger = logging.getLogger(__name__)


def fire_once(sender: Any, **_: Any) -> None:
    """Receive ``beat_init``: guard the scheduler of the beat service, whatever its class."""
    guard = Guard(sender.scheduler)
    for name in ("is_due", "populate_heap", "reserve", "should_sync", "apply_async"):
        setattr(sender.scheduler, name, partial(getattr(guard, name), getattr(sender.scheduler, name)))


class Guard:
    """Stands around the methods of a scheduler of Celery's, each of which is handed over as the first argument."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.clock = DatabaseClock()
        self._reserved: Any = None
        #: Rows that had not run when they were reserved, by name, with when the ledger had seen that name fire.
        self._new: dict[str, datetime | None] = {}
        self._firing = False

    def is_due(self, ask: Any, entry: Any) -> Any:
        """Answer as the scheduler does, by the database's clock."""
        self.clock.set_in_time()
        own = entry.schedule
        entry.schedule = by(self.clock.now, own)
        try:
            return ask(entry)
        finally:
            entry.schedule = own

    def populate_heap(self, populate: Any) -> None:
        """Order the entries so that each is asked in the next round: Celery orders them by its own clock."""
        populate()
        self.scheduler._heap = [event._replace(time=0) for event in self.scheduler._heap]
        heapq.heapify(self.scheduler._heap)

    def reserve(self, reserve: Any, entry: Any) -> Any:
        """Celery notes a run before it sends; remember where, and whether there was none before."""
        self._new.pop(entry.name, None)
        if has_never_run(entry):
            fired = Firing.objects.filter(entry=entry.name).values_list("fired_at", flat=True).first()
            self._new[entry.name] = fired
        self._reserved = reserve(entry)
        return self._reserved

    def should_sync(self, ask: Any) -> bool:
        """Not while firing: django-celery-beat's scheduler would close the connection, and undo the firing unseen."""
        return not self._firing and bool(ask())

    def apply_async(self, send: Any, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Send the entry, if it is due by all that the database says."""
        _name_in_the_message(entry)
        known = self._known(entry)  # before the transaction: reading the schedule may close the connection
        self._firing = True
        try:
            with transaction.atomic(using=settings.DATABASE):
                last, now = _lock(entry.name)
                if last is not None and self._new.pop(entry.name, None) == last:
                    last = None  # made, or switched on, again: what fired under its name before was another
                self.clock.set(now)
                if _is_due(entry.schedule, last, now):
                    Firing.objects.filter(entry=entry.name).update(fired_at=now)
                    record_run(self.scheduler, known, now)
                    return send(entry, *args, **kwargs)
            logger.info("Schedule entry %s is not due: it was fired last at %s", entry.name, last)
            take_back(self.scheduler, known, last)
            return None
        finally:
            self._firing = False

    def _known(self, entry: Any) -> list[Any]:
        """Return all objects that the scheduler has for this entry: that of its list, and that of its next run."""
        reserved, self._reserved = self._reserved, None
        listed = self.scheduler.schedule.get(entry.name)
        known = {id(one): one for one in (reserved, listed) if one is not None and one.name == entry.name}
        return list(known.values())


def _name_in_the_message(entry: Any) -> None:
    """Let the job say which entry it came from, under the header that django-celery-beat uses for its own."""
    options = entry.options if isinstance(getattr(entry, "options", None), dict) else {}
    entry.options = {
        **options,
        "headers": {**(options.get("headers") or {}), SCHEDULE_HEADER: entry.name},
    }


def _lock(name: str) -> tuple[datetime | None, datetime]:
    """Return when ``name`` fired last, and the present; keep its row until the transaction ends."""
    connection = ledger_connection()
    ignore = dialect_of(connection).on_conflict_ignore.format(key="entry")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO hardy_firing (entry, fired_at) VALUES (%s, NULL) {ignore}", [name])
    Firing.objects.select_for_update().get(entry=name)  # waits; the present is what it is afterwards
    row = Firing.objects.annotate(now=seconds_from_now(0)).get(entry=name)
    return row.fired_at, row.now


def _is_due(schedule: Any, last: datetime | None, now: datetime) -> bool:
    once_at = getattr(schedule, "clocked_time", None)
    if once_at is not None:  # a clocked schedule does not look at its last run
        return bool((last is None or last < once_at) and once_at <= now)
    present = now if now.tzinfo else now.replace(tzinfo=UTC)
    return last is None or bool(by(lambda: present, schedule).is_due(last)[0])
