"""Since when each release has run, among the newest attempts of a range: what a chart marks as a deploy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from hardy.ledger.models import Run

#: Deploys that a chart can tell apart.
MOST = 20


@dataclass(frozen=True, slots=True)
class Release:
    """A release, and the end of the first attempt that it ran."""

    name: str
    first: datetime


def releases_since(begin: datetime, edge: int) -> list[Release]:
    """Return the releases that came since ``begin``, oldest first; not the one that ran before them."""
    named = Run.objects.filter(id__gt=edge, finished_at__gte=begin).exclude(release="")
    firsts = named.order_by().values("release").annotate(first=Min("finished_at")).order_by("first")
    found = [Release(row["release"], row["first"]) for row in firsts[: MOST + 1]]
    return found[1:]
