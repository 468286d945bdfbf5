"""The duty that counts for objectives, and tells people when one is missed."""

from __future__ import annotations

from datetime import timedelta

from hardy.db.clock import present
from hardy.duty import Duty
from hardy.telemetry.counting import count, objectives
from hardy.telemetry.objective_alerts import alert
from hardy.telemetry.objectives import readings


class WatchObjectives(Duty):
    """Counts the jobs of ``HARDY["OBJECTIVES"]``, and alerts people once when one is missed and once when it is met."""

    every = timedelta(seconds=30)
    leader_only = True

    def tick(self) -> int:
        wanted = objectives()
        if not wanted:
            return 0
        counted = count(wanted)
        alert(readings(present()))
        return counted
