"""Rows as aligned columns for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from hardy.conf.durations import in_units

GAP = "  "


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they need to be; numbers stand to the right, under their heading."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    numeric = [all(isinstance(cell, int) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        GAP.join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        for line in [headings, *cells]
    )
    return "\n".join(line.rstrip() for line in lines)


def ago(seconds: float | None) -> str:
    """A length of time in its two largest units: ``4 s``, ``3 min 20 s``, ``2 d 5 h``; nothing for None."""
    return "–" if seconds is None else in_units(seconds)


def moment(value: datetime | None) -> str:
    """A point in time to the second, in the project's own time zone; nothing for None."""
    if value is None:
        return "–"
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{local:%Y-%m-%d %H:%M:%S}"


def zoned(heading: str) -> str:
    """A heading for moments, which says in which zone they are."""
    return f"{heading} ({timezone.get_current_timezone_name()})" if settings.USE_TZ else heading
