"""Jobs that are not finished, page by page, in the order in which they will start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Subquery

from hardy.ledger.models import Job
from hardy.ledger.overview import queue_names
from hardy.ledger.tags import tagged

#: Jobs of one queue that a page searches for a task or a text.
SEARCHED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs are meant; what is left out does not matter."""

    task: str = ""
    queue: str = ""
    tag: str = ""
    #: A part of the task's name; or a job's whole id.
    text: str = ""
    #: Whether the text may be looked for in messages, which hold the arguments.
    in_arguments: bool = False

    @property
    def conditions(self) -> Q:
        exact = Q(task=self.task) if self.task else Q()
        if not self.text:
            return exact
        about = Q(task__icontains=self.text)
        return exact & (about | Q(message__icontains=self.text) if self.in_arguments else about)


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the jobs. ``after`` is the job after which the list goes on, "" at its end."""

    jobs: list[Job]
    after: str = ""
    #: The search stopped before the page was full; it goes on from ``after``.
    is_partial: bool = False


def matching(wanted: Wanted) -> QuerySet[Job]:
    """Return every job that is meant, in no order: for counting up to a limit, and for acting on."""
    return _jobs(wanted).filter(wanted.conditions)


def running(wanted: Wanted, size: int) -> Found:
    """Return the jobs that run, those that have run longest first."""
    return _few(_jobs(wanted).filter(state=Job.State.RUNNING).order_by("started_at", "id"), wanted, size)


def reserved(wanted: Wanted, size: int) -> Found:
    """Return the jobs that a worker has taken and not begun."""
    return _few(
        _jobs(wanted).filter(state=Job.State.RESERVED).order_by("queue", "due_at", "id"), wanted, size
    )


def later(wanted: Wanted, size: int, *, after: str = "") -> Found:
    """Return the jobs that wait in the ledger for their time or to be published, the soonest first."""
    rows = _jobs(wanted).filter(state=Job.State.HELD)
    if after and rows.filter(id=after).exists():
        due = _place(after, "due_at")
        rows = rows.filter(Q(due_at__gt=due) | Q(due_at=due, id__gt=after))
    return _some(rows.order_by("due_at", "id"), wanted, size)


def waiting(wanted: Wanted, size: int, *, after: str = "") -> Found:
    """Return the jobs that may start, queue by queue, in the order in which they will.

    A job ``after`` which has started meanwhile has taken all before it along: the list is given from its begin.
    """
    queued = _jobs(wanted).filter(state=Job.State.QUEUED)
    place = queued.filter(id=after).first() if after else None
    found: list[Job] = []
    queues = [wanted.queue] if wanted.queue else queue_names()
    if place is not None and place.queue in queues:
        queues = queues[queues.index(place.queue) :]
    for queue in queues:
        rows = queued.filter(queue=queue).order_by("-priority", "due_at", "id")
        if place is not None and queue == place.queue:
            rows = _beyond(rows, place)
        some = _some(rows, wanted, size - len(found))
        found += some.jobs
        if some.after:
            return Found(found, some.after, some.is_partial)
        if len(found) == size:
            return Found(found, found[-1].pk)
    return Found(found)


def _beyond(rows: QuerySet[Job], place: Job) -> QuerySet[Job]:
    due = _place(place.pk, "due_at")  # compared where it is stored, to the digit
    same = Q(priority=place.priority)
    return rows.filter(
        Q(priority__lt=place.priority) | (same & (Q(due_at__gt=due) | Q(due_at=due, id__gt=place.pk)))
    )


def _place(job: str, column: str) -> Subquery:
    return Subquery(Job.objects.filter(pk=job).values(column)[:1])


def _few(rows: QuerySet[Job], wanted: Wanted, size: int) -> Found:
    """Rows that workers hold: not more than workers there are."""
    return Found(list(rows.filter(wanted.conditions)[:size]))


def _some(rows: QuerySet[Job], wanted: Wanted, size: int) -> Found:
    if size < 1:
        return Found([])
    if not wanted.conditions:
        return _page(list(rows[: size + 1]), size)
    looked_at: Sequence[str] = list(rows.values_list("id", flat=True)[:SEARCHED])
    found = _page(list(rows.filter(wanted.conditions, id__in=looked_at)[: size + 1]), size)
    if not found.after and len(looked_at) == SEARCHED:
        return Found(found.jobs, looked_at[-1], is_partial=True)
    return found


def _page(jobs: list[Job], size: int) -> Found:
    return Found(jobs[:size], jobs[size - 1].pk if len(jobs) > size else "")


def _jobs(wanted: Wanted) -> QuerySet[Job]:
    jobs = Job.objects.defer("message")
    jobs = jobs.filter(tagged([wanted.tag], "id")) if wanted.tag else jobs
    return jobs.filter(queue=wanted.queue) if wanted.queue else jobs
