"""Moments and lengths of time as a page says them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hardy.conf.durations import in_units

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def ago(moment: datetime | None, now: datetime) -> str:
    """How far a moment is from now: ``3 min 20 s ago``, ``in 2 h``, ``now``."""
    if moment is None:
        return "–"
    passed = now - moment
    if abs(passed) < SECOND:
        return "now"
    said = in_units(abs(passed).total_seconds())
    return f"{said} ago" if passed > timedelta(0) else f"in {said}"


def took(length: timedelta | None) -> str:
    """How long something took: ``12 ms``, ``3.2 s``, ``4 min 10 s``."""
    if length is None:
        return "–"
    if length < SECOND:
        return f"{max(0, round(length.total_seconds() * 1000))} ms"
    return f"{length.total_seconds():.1f} s" if length < MINUTE else in_units(length.total_seconds())
