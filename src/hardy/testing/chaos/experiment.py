"""One experiment: send, kill, wait, count."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hardy.conf import settings
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.testing.chaos import workers
from hardy.testing.chaos.tasks import numbered

#: Seconds that one numbered task takes, and seconds between two looks at the ledger.
WORK = 0.05
LOOK = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    """What was enqueued, and what became of it."""

    enqueued: int
    #: Succeeded, whatever happened before.
    ended: int
    #: Neither in the ledger, nor succeeded, nor a dead letter.
    lost: int
    #: Succeeded more than once.
    doubled: int
    #: Still in the ledger when the time was up.
    late: int
    #: Dead letters: their attempts were killed too often.
    dead: int
    #: Attempts that were killed and run again.
    interrupted: int
    kills: int
    seconds: float

    @property
    def is_sound(self) -> bool:
        return not self.lost and not self.doubled


@dataclass(slots=True)
class Experiment:
    """``tasks`` numbered tasks, while ``kills`` workers of this host are killed, in ``seconds`` at most."""

    tasks: int
    kills: int
    seconds: float
    tell: Callable[[str], object]
    _jobs: list[str] = field(default_factory=list)
    _killed: int = 0

    def run(self) -> Report:
        """Do it all, and return the report."""
        began = time.monotonic()
        self._jobs = [numbered.delay(number, WORK).id for number in range(self.tasks)]
        self.tell(f"{self.tasks} tasks are sent.")
        while (left := self._left()) and time.monotonic() - began < self.seconds:
            if self._is_time_to_kill(left):
                self._kill_one()
            time.sleep(LOOK)
        return self._report(time.monotonic() - began)

    def _left(self) -> int:
        return len(self._found(Job.objects, "id"))

    def _is_time_to_kill(self, left: int) -> bool:
        """Kills are spread over the work: one each time another share of the tasks is done."""
        done = self.tasks - left
        return self._killed < self.kills and done * (self.kills + 1) >= self.tasks * self._killed

    def _kill_one(self) -> None:
        alive = workers.workers_here()
        if not alive:
            return  # whatever watches over them is starting new ones
        victim = random.choice(alive)  # noqa: S311 - which one is no secret
        if workers.kill(victim):
            self._killed += 1
            self.tell(f"Killed {victim.name} (process {victim.pid}), {self._killed} of {self.kills}.")

    def _report(self, seconds: float) -> Report:
        # The ledger first: what leaves it between two looks has a run or a letter by then.
        waiting = set(self._found(Job.objects, "id"))
        succeeded = Counter(self._found(Run.objects.filter(outcome=Run.Outcome.SUCCEEDED), "job"))
        dead = set(self._found(DeadLetter.objects, "job"))
        return Report(
            enqueued=self.tasks,
            ended=len(succeeded),
            lost=len(set(self._jobs) - waiting - set(succeeded) - dead),
            doubled=sum(times > 1 for times in succeeded.values()),
            late=len(waiting - set(succeeded)),
            dead=len(dead),
            interrupted=len(self._found(Run.objects.filter(outcome=Run.Outcome.LOST), "job")),
            kills=self._killed,
            seconds=round(seconds, 1),
        )

    def _found(self, rows: Any, job: str) -> list[str]:
        """Return the ids of our jobs among ``rows``, asked for in parts that every database takes as parameters."""
        parts = (self._jobs[start : start + 500] for start in range(0, len(self._jobs), 500))
        found = (rows.using(settings.DATABASE).filter(**{f"{job}__in": part}) for part in parts)
        return [str(id) for some in found for id in some.values_list(job, flat=True)]
