"""Finding letters: a filter that the command line, the admin and code share, and letters grouped by their kind."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr

from hardy.dead_letters.models import Decision
from hardy.ledger.conditions import of_age, of_task, with_error
from hardy.ledger.models import DeadLetter, Run, Tag

#: Where the body ends in a stored message. Inside the body a quotation mark has a backslash before it.
AFTER_THE_BODY = '", "content-type": "'


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which letters are meant; what is left out does not matter. ``error`` is a part of its type or of its text."""

    task: str = ""
    error: str = ""
    reason: str = ""
    queue: str = ""
    fingerprint: str = ""
    text: str = ""
    #: What the job was about, such as ``order:42``.
    tag: str = ""
    older: timedelta | None = None
    newer: timedelta | None = None
    #: Numbers of letters, or ids of jobs.
    ids: Collection[str] = ()

    def __bool__(self) -> bool:
        return any(bool(getattr(self, field.name)) for field in fields(self))

    def letters(self) -> QuerySet[DeadLetter]:
        """Return the letters that match."""
        found = DeadLetter.objects.filter(*self._exactly(), *self._about())
        return with_arguments(found, self.text) if self.text else found

    def _exactly(self) -> Iterable[Q]:
        exact = {name: getattr(self, name) for name in ("reason", "queue", "fingerprint")}
        yield Q(**{name: value for name, value in exact.items() if value})
        if self.task:
            yield of_task(self.task)
        if self.tag:
            runs = Run.objects.filter(tag=self.tag).order_by().values("job")
            yield Q(job__in=runs) | Q(job__in=Tag.objects.filter(tag=self.tag).order_by().values("job"))
        if self.ids:
            numbers = [int(id) for id in self.ids if id.isdecimal() and len(id) < 19]
            yield Q(pk__in=numbers) | Q(job__in=list(self.ids))

    def _about(self) -> Iterable[Q]:
        if self.error:
            yield with_error(self.error)
        yield of_age("died_at", self.older, self.newer)


def with_arguments(letters: QuerySet[DeadLetter], text: str) -> QuerySet[DeadLetter]:
    """Return the letters whose arguments, or those of what follows from them, contain ``text``.

    Only the body of the message is looked at, and the text is looked for as JSON writes it there.
    """
    body = Substr("message", 1, StrIndex("message", Value(AFTER_THE_BODY)))
    written = _as_json(_as_json(text))
    return letters.alias(_body=body).filter(_body__icontains=written)


class Kind(NamedTuple):
    """Letters of one task that died of the same thing."""

    task: str
    reason: str
    error_type: str
    fingerprint: str
    letters: int
    first: Any
    last: Any

    @property
    def key(self) -> tuple[str, ...]:
        return self[:4]


#: Letters that a page groups by their kind.
NEWEST = 50_000

#: What makes two letters of one kind.
KIND = ("task", "reason", "error_type", "fingerprint")


def kinds(letters: QuerySet[DeadLetter], limit: int | None = None) -> list[Kind]:
    """Return the kinds of ``letters``, the most frequent first."""
    grouped = letters.order_by().values_list(*KIND)
    counted = grouped.annotate(letters=Count("id"), first=Min("died_at"), last=Max("died_at"))
    return [Kind(*row) for row in counted.order_by("-letters", "task")[:limit]]


def newest(most: int = NEWEST) -> tuple[QuerySet[DeadLetter], bool]:
    """Return the newest letters, and whether there are older ones: a page groups so many and no more."""
    letters = DeadLetter.objects
    edge = letters.order_by("-id").values_list("id", flat=True)[most : most + 1].first()
    return (letters.all(), False) if edge is None else (letters.filter(id__gt=edge), True)


def of_kind(key: tuple[str, ...]) -> QuerySet[DeadLetter]:
    """Return the letters of one kind."""
    return DeadLetter.objects.filter(**dict(zip(KIND, key, strict=True)))


def letters_of(job: str) -> list[DeadLetter]:
    """Return the letters of one job, newest first; there is one at most, but for a job whose id was used again."""
    return list(DeadLetter.objects.filter(job=job).order_by("-id")[:10])


def decisions_about(job: str) -> list[Decision]:
    """Return what was decided about earlier letters of one job, newest first."""
    return list(Decision.objects.filter(job=job).order_by("-id")[:10])


def _as_json(text: str) -> str:
    return json.dumps(text)[1:-1]
