"""Conditions by which jobs, runs and dead letters are chosen alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import timedelta

from django.db.models import Q

from hardy.db.clock import seconds_from_now
from hardy.ledger.tags import tagged


def of_task(name: str) -> Q:
    """Of this task; a ``*`` at the end stands for any ending."""
    return Q(task__startswith=name[:-1]) if name.endswith("*") else Q(task=name)


def with_error(text: str) -> Q:
    """Whose error has this in its type or in its text."""
    return Q(error_type__icontains=text) | Q(error__icontains=text)


def of_age(column: str, older: timedelta | None, newer: timedelta | None) -> Q:
    """Whose ``column`` lies longer ago than ``older``, and less long than ``newer``, by the database's clock."""
    condition = Q()
    if older:
        condition &= Q(**{f"{column}__lte": seconds_from_now(-older.total_seconds())})
    if newer:
        condition &= Q(**{f"{column}__gte": seconds_from_now(-newer.total_seconds())})
    return condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What lists of jobs and of runs are chosen by; what is left out does not matter."""

    task: str = ""
    queue: str = ""
    error: str = ""
    tag: str = ""
    older: timedelta | None = None
    newer: timedelta | None = None
    ids: Collection[str] = ()

    def __bool__(self) -> bool:
        return any(bool(getattr(self, field.name)) for field in fields(self))

    def shared(self, time: str, job: str) -> Q:
        """Return what is asked of every such list: the columns ``time`` and ``job`` tell its age and its job's id."""
        condition = of_age(time, self.older, self.newer)
        if self.tag:
            condition &= tagged([self.tag], job)
        if self.queue:
            condition &= Q(queue=self.queue)
        return condition & of_task(self.task) if self.task else condition
