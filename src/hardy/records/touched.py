"""The tasks that touched a row of the project's own data, found by their tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hardy.ledger.models import Job, Run
from hardy.ledger.tags import tagged
from hardy.records.history import LARGE
from hardy.tagging import checked, tags_of

#: How many of each are returned, and shown on a page.
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Touched:
    """Jobs that are not finished, and attempts that have ended; newest first, without messages and results."""

    jobs: list[Job]
    runs: list[Run]

    def __iter__(self) -> Iterator[Job | Run]:
        """First what waits and runs, then what has ended."""
        yield from self.jobs
        yield from self.runs

    def __len__(self) -> int:
        return len(self.jobs) + len(self.runs)


def runs_of(about: Any, limit: int = 50) -> Touched:
    """Return what touched a row, or has this tag; see `hardy.runs_of`."""
    return Touched(jobs_that_touched(about, limit), runs_that_touched(about, limit))


def jobs_that_touched(about: Any, limit: int = SHOWN) -> list[Job]:
    """Return the jobs alone, newest first."""
    jobs = Job.objects.defer("message").filter(tagged(_tags(about), "id")).order_by("-enqueued_at", "-id")
    return list(jobs[:limit])


def runs_that_touched(about: Any, limit: int = SHOWN) -> list[Run]:
    """Return the attempts alone, newest first."""
    runs = Run.objects.defer(*LARGE).filter(tagged(_tags(about), "job")).order_by("-id")
    return list(runs[:limit])


def _tags(about: Any) -> list[str]:
    return [checked(about)] if isinstance(about, str) else tags_of(about)
