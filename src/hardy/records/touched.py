"""The tasks that touched a row of the project's own data, found by their tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hardy.ledger.models import Job, Run
from hardy.ledger.tags import tagged
from hardy.records.history import LARGE
from hardy.tagging import checked, tags_of


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
    tags = [checked(about)] if isinstance(about, str) else tags_of(about)
    jobs = Job.objects.defer("message").filter(tagged(tags, "id")).order_by("-enqueued_at", "-id")
    runs = Run.objects.defer(*LARGE).filter(tagged(tags, "job")).order_by("-id")
    return Touched(list(jobs[:limit]), list(runs[:limit]))
