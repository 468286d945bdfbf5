"""Finding jobs that are not finished: what a list of them is chosen by, and what each last came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from hardy.ledger.conditions import Filter, with_error
from hardy.ledger.models import Job, Run

#: Ids that one statement asks for: every database takes as many parameters.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter(Filter):
    """Which jobs are meant; what is left out does not matter.

    ``error`` is a part of what an earlier attempt raised; ``older`` and ``newer`` count from when a job was enqueued.
    """

    state: str = ""

    def jobs(self) -> QuerySet[Job]:
        """Return the jobs that match, newest first, without their messages."""
        found = Job.objects.defer("message")
        return found.filter(*self._conditions()).order_by("-enqueued_at", "-id")

    def _conditions(self) -> Iterable[Q | Exists]:
        yield self.shared("enqueued_at", "id")
        if self.state:
            yield Q(state=self.state)
        if self.ids:
            yield Q(pk__in=list(self.ids))
        if self.error:
            runs = Run.objects.filter(with_error(self.error), job=OuterRef("pk"))
            yield Exists(runs)


def last_runs(jobs: Sequence[Job]) -> dict[str, Run]:
    """Return the latest attempt of each job that has had one, by the job's id."""
    found: dict[str, Run] = {}
    for ids in _in_parts([job.id for job in jobs if job.attempts or job.crashes]):
        latest = Run.objects.filter(job__in=ids).values("job").annotate(last=Max("id")).order_by()
        numbers = [row["last"] for row in latest]
        found |= {run.job: run for run in Run.objects.filter(pk__in=numbers).defer("result", "traceback")}
    return found


def _in_parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


class JobNews:
    """The jobs of a filter as they change: each `look` returns those that came, or moved, since the one before."""

    def __init__(self, wanted: JobFilter, limit: int) -> None:
        self._wanted = wanted
        self._limit = limit
        self._seen: dict[str, tuple[object, ...]] = {}

    def look(self) -> list[Job]:
        """Return what is new among the newest ``limit`` jobs, oldest first."""
        jobs = list(self._wanted.jobs()[: self._limit])
        now: dict[str, tuple[object, ...]]
        now = {job.id: (job.state, job.token, job.attempts, job.due_at) for job in jobs}
        changed = [job for job in reversed(jobs) if self._seen.get(job.id) != now[job.id]]
        self._seen = now
        return changed
