"""Schedules and a clock that a test moves: beat's own scheduler, asked at each moment at which an entry is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from celery.beat import Scheduler
from kombu.utils.imports import symbol_by_name

from hardy.schedules.clock import by
from hardy.testing.drain import Drain, Drained
from hardy.testing.enqueued import utc

#: Celery's default keeps its entries in a file of the working directory: a test wants them in memory.
IN_A_FILE = "celery.beat:PersistentScheduler"

#: The shortest step of time, in seconds: a schedule that is due "now" once more must not stop the clock.
STEP = 0.001


def live_until(end: datetime, worker: Drain, *, most: int) -> Drained:
    """Fire and run everything at its moment, in order, until ``end``."""
    lived = Drained()
    beat = Beat(worker)
    while True:
        beat.fire()
        lived.runs += worker.run(retries=False, later=False, most=most - len(lived)).runs
        moment = min(filter(None, (beat.next_firing(), worker.next_moment(later=True))), default=None)
        if moment is None or moment > end:
            break
        worker.clock.move_to(moment)
    worker.clock.move_to(end)
    return lived


class Beat:
    """The project's scheduler; an entry that has never run counts from now, as when beat is started."""

    def __init__(self, worker: Drain) -> None:
        self.clock = worker.clock
        name = worker.app.conf.beat_scheduler
        kind = Scheduler if name == IN_A_FILE else symbol_by_name(name)
        self.scheduler = kind(app=worker.app)
        self.scheduler.should_sync = lambda: False  # nothing outlives the test
        now = self.clock.now()
        for entry in self._entries():
            if entry.last_run_at is None or utc(entry.last_run_at) > now or not entry.total_run_count:
                entry.last_run_at = now

    def fire(self) -> None:
        """Send what is due."""
        for entry in self._entries():
            if self._asked(entry)[0]:
                reserved = self.scheduler.reserve(entry)
                reserved.last_run_at = self.scheduler.schedule[entry.name].last_run_at = self.clock.now()
                self.scheduler.apply_async(reserved, advance=False)

    def next_firing(self) -> datetime | None:
        """When the next entry is due."""
        seconds = [self._asked(entry)[1] for entry in self._entries()]
        return self.clock.now() + timedelta(seconds=max(min(seconds), STEP)) if seconds else None

    def _asked(self, entry: Any) -> tuple[bool, float]:
        due, seconds = by(self.clock.now, entry.schedule).is_due(entry.last_run_at)
        return bool(due), float(seconds)

    def _entries(self) -> list[Any]:
        return list(self.scheduler.schedule.values())
