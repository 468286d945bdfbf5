"""A schedule whose due times are points of the clock, as a crontab's are, but seconds apart."""

from __future__ import annotations

from datetime import datetime

from celery.schedules import BaseSchedule, schedstate


class OnTheTick(BaseSchedule):
    """Due whenever the clock passes a multiple of `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def is_due(self, last_run_at: datetime) -> schedstate:
        now = self.now().timestamp()
        latest = now - now % self.seconds
        return schedstate(last_run_at.timestamp() < latest, latest + self.seconds - now)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnTheTick) and other.seconds == self.seconds

    __hash__ = None  # type: ignore[assignment]
