"""Counting up to a limit: a page must not read a million rows to say that there are many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import QuerySet

#: Rows counted one by one; what is beyond is "10,000+".
COUNTED = 10_000


class Counted(NamedTuple):
    """A number of rows; with ``more``, at least so many."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.more else ''}"

    def __bool__(self) -> bool:
        return self.number > 0

    @classmethod
    def of(cls, found: int, most: int = COUNTED) -> Counted:
        """Return what a count that stopped after ``most`` + 1 rows has found."""
        return cls(min(found, most), found > most)

    @classmethod
    def sum(cls, parts: Iterable[Counted]) -> Counted:
        parts = list(parts)
        return cls(sum(part.number for part in parts), any(part.more for part in parts))


def count_up_to(rows: QuerySet[Any], most: int = COUNTED) -> Counted:
    """Count ``rows``, and stop after ``most``."""
    return Counted.of(rows.order_by()[: most + 1].count(), most)
