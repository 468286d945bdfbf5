"""Snooze: a task that says "not yet" without using up an attempt."""

from __future__ import annotations

from datetime import timedelta

from celery.exceptions import Ignore


class Snooze(Ignore):  # type: ignore[misc]
    """Raise it in a task to be run again later: ``raise Snooze(30)``, or ``raise Snooze(timedelta(minutes=5))``.

    The job goes back to wait, its attempt is not counted, and the history says ``snoozed``. Outside the ledger (an
    eager call) it behaves as Celery's ``Ignore``.
    """

    def __init__(self, delay: float | timedelta) -> None:
        self.seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
        if self.seconds < 0:
            raise ValueError(
                f"Snooze takes a time to wait, not {delay!r}: a task cannot be run again in the past."
            )
        super().__init__(delay)  # the only argument, because the pool pickles exceptions by their arguments

    def __str__(self) -> str:
        return f"snoozed for {self.seconds:g} seconds"
