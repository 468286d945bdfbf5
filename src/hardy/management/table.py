"""Rows as aligned columns for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

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
