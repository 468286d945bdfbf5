"""Durations as people write them: 90s, 30m, 2h, 3d, 1w."""

from __future__ import annotations

import re
from datetime import timedelta

from hardy.errors import BadDuration

UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: Longer than anybody means, and short enough for every database to count back from now.
LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Return ``90s``, ``30m``, ``2h``, ``3d`` or ``1w`` as a length of time; :class:`BadDuration` for anything else."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([a-z]+)", text.strip().lower())
    if match is None or match[2] not in UNITS:
        raise BadDuration(f"{text!r} is not a valid duration: write 90s, 30m, 2h, 3d or 1w.")
    try:
        duration = timedelta(**{UNITS[match[2]]: float(match[1])})
    except OverflowError:
        duration = timedelta.max
    if duration > LONGEST:
        raise BadDuration(
            f"{text!r} is too long a duration: the longest is {LONGEST.days}d, a hundred years."
        )
    return duration


def in_units(seconds: float) -> str:
    """Return a length of time in its two largest units: ``4 s``, ``3 min 20 s``, ``2 d 5 h``."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
