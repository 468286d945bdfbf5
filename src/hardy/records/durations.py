"""How long attempts waited and ran, over time: percentiles of a few attempts of each span, for charts.

Exact ones would take every row of the range. A span that is over is looked at once, and remembered by this process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hardy.db.dialect import dialect_of, ledger_connection
from hardy.records.outcomes import REMEMBERED, SETTLED, Span

#: Attempts of each outcome that are looked at in a span; a hundred tell p95 well, and p99 roughly.
SAMPLE = 60
OUTCOMES = ("succeeded", "failed")
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds, in order, that the attempts of one span waited and ran."""

    waits: Sequence[float] = ()
    runs: Sequence[float] = ()


#: (database, start and end of the span) and what was found.
_settled: dict[tuple[str, datetime, datetime], Durations] = {}


def durations_of(spans: Sequence[Span]) -> list[Durations]:
    """Return what a sample of the attempts of each span took."""
    database = str(ledger_connection().settings_dict["NAME"])
    keys = [(database, span.start, span.end) for span in spans]
    missing = [number for number, key in enumerate(keys) if key not in _settled]
    found = dict(zip(missing, _sampled([spans[number] for number in missing]), strict=True))
    answer = [found[number] if number in found else _settled[key] for number, key in enumerate(keys)]
    _settled.update(
        {keys[number]: took for number, took in found.items() if spans[number].end <= _over(spans)}
    )
    for oldest in list(_settled)[: max(0, len(_settled) - REMEMBERED)]:
        _settled.pop(oldest, None)
    return answer


def _over(spans: Sequence[Span]) -> datetime:
    """Return until when spans are over, if the last of them is the one that is not: a while before it began."""
    return spans[-1].start - SETTLED


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the value below which ``percent`` of them lie (nearest rank); None of none."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(0, rank - 1)]


def forget() -> None:
    """Forget what was found."""
    _settled.clear()


def _sampled(spans: Sequence[Span]) -> list[Durations]:
    """Ask for all of them in one statement, each by one step in the index of outcomes and times."""
    if not spans:
        return []
    connection = ledger_connection()
    seconds = dialect_of(connection).elapsed
    due, sent, ran = (
        seconds.format(earlier=earlier, later=later)
        for earlier, later in (
            ("due_at", "started_at"),
            ("enqueued_at", "started_at"),
            ("started_at", "finished_at"),
        )
    )
    part = (
        f"SELECT %s, {due}, {sent}, {ran} FROM (SELECT due_at, enqueued_at, started_at, finished_at FROM hardy_run"
        " WHERE outcome = %s AND finished_at >= %s AND finished_at < %s AND started_at IS NOT NULL"
        " ORDER BY finished_at LIMIT %s) AS sampled"
    )
    parts, params = [], []
    for number, span in enumerate(spans):
        for outcome in OUTCOMES:
            parts.append(part)
            edges = (connection.ops.adapt_datetimefield_value(edge) for edge in (span.start, span.end))
            params += [number, outcome, *edges, SAMPLE]
    waits: list[list[float]] = [[] for _ in spans]
    runs: list[list[float]] = [[] for _ in spans]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for number, since_due, since_sent, took in cursor.fetchall():
            waits[number].append(max(0.0, min(float(since_due), float(since_sent))))
            runs[number].append(max(0.0, float(took)))
    return [Durations(sorted(wait), sorted(run)) for wait, run in zip(waits, runs, strict=True)]
