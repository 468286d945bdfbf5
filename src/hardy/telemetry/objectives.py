"""How well objectives are met: burn rates over windows, read from what is counted minute by minute.

A burn rate says how many times faster than allowed jobs are late: at 1, of 100 jobs with the objective ``p99`` one is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hardy.conf.durations import in_units
from hardy.conf.objectives import Objective
from hardy.telemetry.counting import objectives
from hardy.telemetry.models import ObjectiveMinute

#: The windows, in minutes. An objective is missed if both of BEGINS say so, and met again if AGAIN does.
WINDOWS = {"5m": 5, "15m": 15, "1h": 60, "6h": 360}
BEGINS, AGAIN = ("5m", "1h"), "15m"
#: So many jobs must be late before anybody is told: one slow job at night is no incident.
FEWEST = 3
#: Minutes after which a count of what goes on says nothing any more.
STALE = 3

#: A minute, and how many jobs ended in it, how many late, and how many went on for too long.
Counts = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """The jobs of one window: how many ended or should have ended, and how many of these late."""

    jobs: int = 0
    late: int = 0

    @property
    def share(self) -> float:
        return self.late / self.jobs if self.jobs else 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One objective, and how it is met."""

    objective: Objective
    windows: Mapping[str, Window]
    #: Jobs that wait or run now for longer than they may take. They are in every window.
    overdue: int = 0

    def burn_rate(self, window: str) -> float:
        return self.windows[window].share / self.objective.may_be_late

    @property
    def is_missed(self) -> bool:
        is_late = all(self.burn_rate(window) > 1 for window in BEGINS)
        return is_late and self.windows[BEGINS[1]].late >= FEWEST

    @property
    def is_met_again(self) -> bool:
        return not self.is_missed and self.burn_rate(AGAIN) <= 1

    @property
    def target(self) -> str:
        """What is asked for: ``99 % within 5 s``."""
        return f"{self.objective.percent:g} % within {in_units_or_less(self.objective.seconds)}"

    @property
    def sentence(self) -> str:
        """What is wrong with a missed one, to be read by somebody who was woken by it."""
        hour, within = self.windows["1h"], in_units_or_less(self.objective.seconds)
        jobs = "1 job" if hour.jobs == 1 else f"{hour.jobs:,} jobs"
        said = (
            f"{self.objective.name} is too slow: of {jobs} in the last hour {hour.late:,} took longer than {within} or"
            f" failed ({_percent(hour.share)}; {_percent(self.objective.may_be_late)} may)."
        )
        return f"{said} {self.overdue:,} of them are not done yet." if self.overdue else said

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.objective.name,
            "target": self.target,
            "missed": self.is_missed,
            "overdue": self.overdue,
            "windows": {
                name: {"jobs": window.jobs, "late": window.late, "burn_rate": round(self.burn_rate(name), 3)}
                for name, window in self.windows.items()
            },
        }


def readings(now: datetime) -> list[Reading]:
    """Return each objective of the project with how it is met, as of the last count."""
    wanted = objectives()
    if not wanted:
        return []
    minute = int(now.timestamp()) // 60
    rows = ObjectiveMinute.objects.filter(
        objective__in=[one.name for one in wanted], minute__gt=minute - max(WINDOWS.values())
    ).values_list("objective", "minute", "ended", "late", "overdue")
    by_name: dict[str, list[Counts]] = defaultdict(list)
    for name, *counts in rows:
        by_name[name].append((counts[0], counts[1], counts[2], counts[3]))
    return [_reading(one, by_name[one.name], minute) for one in wanted]


def _reading(one: Objective, rows: Sequence[Counts], now: int) -> Reading:
    minute, _, _, overdue = max(rows, default=(0, 0, 0, 0))
    overdue = overdue if minute > now - STALE else 0
    windows = {}
    for name, minutes in WINDOWS.items():
        within = [row for row in rows if row[0] > now - minutes]
        ended, late = sum(row[1] for row in within), sum(row[2] for row in within)
        windows[name] = Window(ended + overdue, late + overdue)
    return Reading(one, windows, overdue)


def in_units_or_less(seconds: float) -> str:
    """Return a length of time in words, also one below a second: ``250 ms``, ``5 s``."""
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    return in_units(seconds) if seconds == round(seconds) else f"{seconds:g} s"


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
