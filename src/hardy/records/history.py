"""Finding past attempts: page by page from a place in the list, and never more rows than a page can wait for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet, Subquery

from hardy.ledger.models import Run
from hardy.ledger.tags import tagged

#: Runs that one page searches for a task or a text, newest first, and among those of one outcome.
SEARCHED = 20_000
SEARCHED_OF_AN_OUTCOME = 2_000
#: Attempts of one job that its page shows.
ATTEMPTS = 100

LARGE = ("result", "traceback", "arguments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which attempts are meant; what is left out does not matter."""

    outcome: str = ""
    task: str = ""
    queue: str = ""
    tag: str = ""
    #: A part of the task's name or of the error; or a job's whole id.
    text: str = ""

    @property
    def conditions(self) -> Q:
        exact = Q(**{name: value for name in ("task", "queue") if (value := getattr(self, name))})
        words = ("task", "error_type", "error")
        said = (Q(**{f"{name}__icontains": self.text}) for name in words) if self.text else ()
        about = Q()
        for part in said:
            about |= part
        return exact & about


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the attempts, newest first. ``after`` is the place where the list goes on, None at its end."""

    runs: list[Run]
    after: int | None = None
    #: The search stopped before the page was full; it goes on from ``after``.
    is_partial: bool = False


def find(wanted: Wanted, size: int, *, before: int | None = None) -> Found:
    """Return up to ``size`` attempts that are older than the one numbered ``before``."""
    if wanted.text and (own := attempts_of(wanted.text, outcome=wanted.outcome)):
        return Found(own)
    if wanted.tag:  # few rows, found by an index of their own: nothing is left out
        found = _by_number(before).filter(tagged([wanted.tag], "job"), wanted.conditions)
        return _page(
            list((found.filter(outcome=wanted.outcome) if wanted.outcome else found)[: size + 1]), size
        )
    rows = _of_outcome(wanted.outcome, before) if wanted.outcome else _by_number(before)
    if not wanted.conditions:
        return _page(list(rows[: size + 1]), size)
    return _search(rows, wanted, size, before)


def attempts_of(job: str, *, outcome: str = "") -> list[Run]:
    """Return the newest attempts of one job, newest first, without their results and tracebacks."""
    only = {"outcome": outcome} if outcome else {}
    return list(_runs().filter(job=job, **only).order_by("-id")[:ATTEMPTS])


def attempts_in_full(job: str) -> list[Run]:
    """Return the newest attempts of one job with everything there is about them, newest first."""
    return list(Run.objects.filter(job=job).order_by("-id")[:ATTEMPTS])


def _search(rows: QuerySet[Run], wanted: Wanted, size: int, before: int | None) -> Found:
    """Look at the next few thousand rows, and no further."""
    if wanted.outcome:
        looked_at = list(rows.values_list("id", flat=True)[:SEARCHED_OF_AN_OUTCOME])
        more, last = len(looked_at) == SEARCHED_OF_AN_OUTCOME, looked_at[-1] if looked_at else None
        within = rows.filter(id__in=looked_at)
    else:
        newest = _runs().order_by("-id").values_list("id", flat=True).first() or 0
        last = max(1, (newest + 1 if before is None else min(before, newest + 1)) - SEARCHED)
        more, within = _runs().filter(id__lt=last).exists(), rows.filter(id__gte=last)
    found = _page(list(within.filter(wanted.conditions)[: size + 1]), size)
    if found.after is None and more:
        return Found(found.runs, last, is_partial=True)
    return found


def _page(runs: list[Run], size: int) -> Found:
    return Found(runs[:size], runs[size - 1].pk if len(runs) > size else None)


def _by_number(before: int | None) -> QuerySet[Run]:
    rows = _runs().order_by("-id")
    return rows if before is None else rows.filter(id__lt=before)


def _of_outcome(outcome: str, before: int | None) -> QuerySet[Run]:
    """In the order of the index, from the row ``before`` on; its time is compared where it is stored, to the digit."""
    rows = _runs().filter(outcome=outcome).order_by("-finished_at", "-id")
    if before is None:
        return rows
    place = Subquery(Run.objects.filter(pk=before).values("finished_at")[:1])
    return rows.filter(Q(finished_at__lt=place) | Q(finished_at=place, id__lt=before))


def _runs() -> QuerySet[Run]:
    return Run.objects.defer(*LARGE)
