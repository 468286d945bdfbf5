"""What may stand in ``HARDY["TASK_RETENTION"]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from hardy.conf.base import did_you_mean
from hardy.conf.kinds import described

SETTING = "HARDY['TASK_RETENTION']"


def bad_retention(rules: Mapping[str, Any], outcomes: Mapping[str, timedelta]) -> Iterator[str]:
    """Yield what is wrong with the rules, one sentence each."""
    for task, kept in rules.items():
        where = f"{SETTING}[{task!r}]"
        if not task or "*" in task[:-1]:
            yield f"{where} names no task: write its whole name, or the begin of several and a * at the end."
        elif isinstance(kept, timedelta):
            yield from _too_short(where, kept)
        elif isinstance(kept, Mapping) and kept:
            yield from _bad_outcomes(where, kept, outcomes)
        else:
            yield f"{where} must be a timedelta, or a dict of outcome to timedelta, not {described(kept)}."


def _bad_outcomes(where: str, kept: Mapping[Any, Any], outcomes: Mapping[str, timedelta]) -> Iterator[str]:
    for outcome, period in kept.items():
        inside = f"{where}[{outcome!r}]"
        if outcome not in outcomes:
            yield f"{inside} is no outcome of a run.{did_you_mean(str(outcome), outcomes)}"
        elif not isinstance(period, timedelta):
            yield f"{inside} must be a timedelta, not {described(period)}."
        else:
            yield from _too_short(inside, period)


def _too_short(where: str, period: timedelta) -> Iterator[str]:
    if period <= timedelta(0):
        yield f"{where} must be positive, not {period!r}."
