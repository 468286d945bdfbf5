"""Erasing what is kept about a subject: ``hardy.records.erase(customer)``, by the same tags as ``hardy.tag``.

Content goes: arguments, results, errors and tracebacks, messages of dead letters, tags, and who caused it. That
something ran, when, where and how it ended stays, with nothing in it that leads to the subject. A job that waits
or runs needs its arguments; it is named in the report, and what it leaves behind is erased the next time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction
from django.db.models import Q

from hardy.conf import settings
from hardy.ledger import audit
from hardy.ledger.cancellation import cancel
from hardy.ledger.models import Job, Run, Tag
from hardy.tagging import checked, tags_of

if TYPE_CHECKING:
    from django.db.models import Model

AUDIT = "entries of the audit"

#: Jobs whose rows are changed in one transaction.
CHUNK = 200

#: What is left of a run.
ERASED: dict[str, Any] = {
    **dict.fromkeys(("arguments", "result", "error", "traceback", "request_id", "user_id"), ""),
    "tag": None,
}
#: The rows that still say something.
SAYS_SOMETHING = Q(tag__isnull=False) | ~Q(
    **dict.fromkeys(("arguments", "result", "error", "traceback", "request_id", "user_id"), "")
)


class Keeper(Protocol):
    """Another place in which something is kept about jobs. Other features register theirs."""

    def find(self, tags: Collection[str]) -> Collection[str]:
        """Return the ids of jobs about a subject that only this place knows of."""

    def count(self, jobs: Sequence[str]) -> dict[str, int]:
        """Count what is kept of these jobs, by the name of the rows."""

    def erase(self, jobs: Sequence[str]) -> dict[str, int]:
        """Erase it, and return the same counts."""


_keepers: list[Keeper] = []


def kept_by(keeper: Keeper) -> None:
    """From now on ``keeper`` erases, too."""
    _keepers.append(keeper)


@dataclass(slots=True)
class Erasure:
    """What was erased, or would be: counts by the name of the rows; and the jobs that wait or run, which were not."""

    tags: Sequence[str]
    dry_run: bool
    counts: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    left: list[Job] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.left


def erase(*about: str | Model, dry_run: bool = False, cancel_waiting: bool = False) -> Erasure:
    """Erase what is kept about the rows that instances of models, or tags such as ``customer:42``, name.

    ``dry_run`` only counts. ``cancel_waiting`` first cancels the jobs about them that have not begun.
    """
    named = [[checked(one)] if isinstance(one, str) else tags_of(one) for one in about]
    tags = list(dict.fromkeys(chain.from_iterable(named)))
    report = Erasure(tags, dry_run)
    if not dry_run and cancel_waiting:
        report.cancelled = cancel(_live(tags), why="What is kept about its subject is being erased.")
    found = _count_all(tags, report) if dry_run else _erase_all(tags, report)
    for jobs in _chunks(sorted(found)):
        report.left += Job.objects.filter(id__in=jobs).defer("message")
    report.left.sort(key=lambda job: (job.enqueued_at, job.id))
    return report


def _count_all(tags: Sequence[str], report: Erasure) -> set[str]:
    found = _found(tags)
    for jobs in _chunks(sorted(found)):
        report.counts.update(_count(jobs))
    report.counts[AUDIT] = len(audit.entries_that_name(tags, found))
    return found


def _erase_all(tags: Sequence[str], report: Erasure) -> set[str]:
    """Erase until nothing more is found: a job may end meanwhile, and leave a run that says all."""
    found: set[str] = set()
    done: set[str] = set()
    while jobs := _found(tags) - done:
        for some in _chunks(sorted(jobs)):
            report.counts.update(_erase(some))
            done |= {*some} - {*_ended(some)}
        found |= jobs
    report.counts[AUDIT] = audit.erase_from(audit.entries_that_name(tags, found))
    return found


def _found(tags: Sequence[str]) -> set[str]:
    """Return the ids of every job about the subject of which something is kept, or that is not over."""
    runs = Run.objects.filter(tag__in=tags).order_by().values_list("job", flat=True)
    tagged = Tag.objects.filter(tag__in=tags).order_by().values_list("job", flat=True)
    elsewhere = {job for keeper in _keepers for job in keeper.find(tags)}
    return {*runs, *tagged, *_live(tags), *elsewhere}


def _live(tags: Sequence[str]) -> set[str]:
    """Return the jobs about the subject that are not over. (One statement with an OR would read the whole ledger.)"""
    jobs = Job.objects.order_by().values_list("id", flat=True)
    by_table = Tag.objects.filter(tag__in=tags).order_by().values("job")
    return {*jobs.filter(tag__in=tags), *jobs.filter(id__in=by_table)}


def _count(jobs: Sequence[str]) -> Counter[str]:
    ended = _ended(jobs)
    counts = Counter({"runs": Run.objects.filter(SAYS_SOMETHING, job__in=jobs).count()})
    counts["tags"] = Tag.objects.filter(job__in=ended).count()
    for keeper in _keepers:
        counts.update(keeper.count(ended))
    return counts


def _erase(jobs: Sequence[str]) -> Counter[str]:
    """Erase what is kept of these jobs. One that is not over keeps its tags, by which it is found again.

    Tags go last, for the same reason: whoever is interrupted erases once more.
    """
    counts: Counter[str] = Counter()
    ended = _ended(jobs)
    for keeper in _keepers:
        counts.update(keeper.erase(ended))
    with transaction.atomic(using=settings.DATABASE):
        counts["runs"] = Run.objects.filter(SAYS_SOMETHING, job__in=jobs).update(**ERASED)
        counts["tags"] = Tag.objects.filter(job__in=ended).delete()[0]
    return counts


def _ended(jobs: Sequence[str]) -> list[str]:
    going_on = set(Job.objects.filter(id__in=jobs).values_list("id", flat=True))
    return [job for job in jobs if job not in going_on]


def _chunks(jobs: Sequence[str]) -> Iterator[Sequence[str]]:
    return (jobs[start : start + CHUNK] for start in range(0, len(jobs), CHUNK))
