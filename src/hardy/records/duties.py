"""History is pruned in chunks, for as long as there is something to prune."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.pruning import Pruning, Step, delete_some
from hardy.ledger.models import DeadLetter, Job, Run, Tag
from hardy.records.retention import Retention
from hardy.records.sweeping import Sweep


class Prune(Pruning):
    """Deletes runs, tags and letters older than ``RUN_RETENTION``, ``TASK_RETENTION`` and ``DEAD_RETENTION`` say."""

    every = timedelta(seconds=60)

    def __init__(self) -> None:
        self._sweeps: dict[tuple[str, timedelta], Sweep] = {}

    def steps(self) -> Iterable[tuple[str, Step]]:
        retention = settings.derived(Retention.of)
        for outcome in retention.outcomes:
            periods = retention.periods(outcome)
            if len(periods) == 1:
                yield "runs", partial(delete_some, expired_runs(outcome, periods[0]))
            else:
                yield from (("runs", self._sweep(retention, outcome, period).step) for period in periods)
        if settings.DEAD_RETENTION is not None:
            yield "dead letters", partial(delete_some, expired_letters(settings.DEAD_RETENTION))
        yield "tags", partial(delete_some, expired_tags(retention.longest))

    def _sweep(self, retention: Retention, outcome: str, period: timedelta) -> Sweep:
        """Return the sweep that goes on where it was; a new one if the settings are others now."""
        sweep = self._sweeps.get((outcome, period))
        if sweep is None or sweep.retention != retention:
            sweep = self._sweeps[outcome, period] = Sweep(retention, outcome, period)
        return sweep


def expired_runs(outcome: str, kept: timedelta) -> Any:
    """Return the runs with this outcome that are older."""
    return Run.objects.filter(outcome=outcome, finished_at__lt=seconds_from_now(-kept.total_seconds()))


def expired_letters(kept: timedelta) -> Any:
    """Return the dead letters that are older."""
    return DeadLetter.objects.filter(died_at__lt=seconds_from_now(-kept.total_seconds()))


def expired_tags(longest: timedelta) -> Any:
    """Return the tags of jobs of which no run can be left, and that neither wait nor are dead letters.

    By its tags a letter is found that is to be erased.
    """
    waits = Exists(Job.objects.filter(id=OuterRef("job")))
    is_dead = Exists(DeadLetter.objects.filter(job=OuterRef("job")))
    return Tag.objects.filter(~waits, ~is_dead, tagged_at__lt=seconds_from_now(-longest.total_seconds()))
