"""How long each run is kept: by its outcome, unless its task says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hardy.conf import Settings


@dataclass(frozen=True, slots=True)
class Rule:
    """How long the runs of one task are kept, or of all whose names begin alike; by outcome."""

    task: str
    periods: Mapping[str, timedelta]

    def is_about(self, task: str) -> bool:
        if self.task.endswith("*"):
            return task.startswith(self.task[:-1])
        return task == self.task


@dataclass(frozen=True, slots=True)
class Retention:
    """``RUN_RETENTION`` and ``TASK_RETENTION`` together. Of two rules about a task the longer name decides."""

    outcomes: Mapping[str, timedelta]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """Return what the settings say: for ``settings.derived``."""
        outcomes = settings.RUN_RETENTION
        rules = [Rule(task, _by_outcome(kept, outcomes)) for task, kept in settings.TASK_RETENTION.items()]
        # A whole name is more than any begin of it.
        rules.sort(key=lambda rule: (not rule.task.endswith("*"), len(rule.task)), reverse=True)
        return cls(outcomes, tuple(rules))

    def rule_for(self, task: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.is_about(task)), None)

    def period(self, outcome: str, task: str) -> timedelta:
        """Return how long a run is kept that ended so."""
        rule = self.rule_for(task)
        own = rule.periods.get(outcome) if rule else None
        return self.outcomes[outcome] if own is None else own

    def periods(self, outcome: str) -> list[timedelta]:
        """Return the different lengths of time for which runs with this outcome are kept, the shortest first."""
        own = {rule.periods[outcome] for rule in self.rules if outcome in rule.periods}
        return sorted({self.outcomes[outcome], *own})

    @property
    def longest(self) -> timedelta:
        return max(period for outcome in self.outcomes for period in self.periods(outcome))

    def reason(self, outcome: str, task: str) -> str:
        """Return the setting that decides about such a run, as one finds it in the settings file."""
        rule = self.rule_for(task)
        if rule is None or outcome not in rule.periods:
            return f"RUN_RETENTION[{outcome!r}]"
        return f"TASK_RETENTION[{rule.task!r}]"


def _by_outcome(kept: Any, outcomes: Mapping[str, timedelta]) -> Mapping[str, timedelta]:
    return dict.fromkeys(outcomes, kept) if isinstance(kept, timedelta) else kept
