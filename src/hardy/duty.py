"""Duty: one periodic thing that workers must do, run inside every worker and beat process.

A duty is a class named in ``HARDY["DUTIES"]``::

    class CloseStaleCarts(Duty):
        every = timedelta(minutes=5)
        leader_only = True

        def tick(self) -> int:
            return Cart.objects.stale().delete()[0]
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import ClassVar

#: Seconds between two ticks of a duty that has more to do: others get their turn at the tables.
BREATH = 0.05


class Duty:
    """One periodic piece of work. ``tick`` returns how many things it did; errors are logged, and it runs again."""

    #: The pause between the end of one tick and the start of the next.
    every: ClassVar[timedelta] = timedelta(seconds=10)
    #: True: only the process that holds the lease of this duty's name ticks.
    leader_only: ClassVar[bool] = False
    #: Set by ``tick``, True: it stopped with work left, and goes on after a breath instead of ``every``.
    has_more: bool = False

    def tick(self) -> int:
        """Do the work that is due now, and return how many things were done."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def pause(self) -> float:
        """Seconds until the next tick, with a tenth of jitter so that workers do not march in step."""
        if self.has_more:
            return BREATH
        return self.every.total_seconds() * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, hides nothing
