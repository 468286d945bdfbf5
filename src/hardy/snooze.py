"""Snooze: a task that says "not yet" without using up an attempt."""

from __future__ import annotations

from datetime import timedelta

from celery.exceptions import Ignore

from hardy.errors import shown

#: Longest time to wait, in seconds (100 years): every database can still tell when it is over.
LONGEST = 100 * 365 * 24 * 3600


class Snooze(Ignore):  # type: ignore[misc]
    """Raise it in a task to be run again later: ``raise Snooze(30)``, or ``raise Snooze(timedelta(minutes=5))``.

    The job goes back to wait, its attempt is not counted, and the history says ``snoozed``. Outside the ledger (an
    eager call) it behaves as Celery's ``Ignore``.
    """

    def __init__(self, delay: float | timedelta) -> None:
        self.seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
        if not 0 <= self.seconds <= LONGEST:
            raise ValueError(f"Snooze takes a time to wait, from 0 seconds to 100 years, not {shown(delay)}.")
        super().__init__(delay)  # the only argument, because the pool pickles exceptions by their arguments

    def __str__(self) -> str:
        return f"snoozed for {self.seconds:g} seconds"
