"""How many attempts ended how, over time: exact counts in bounded time, for charts.

History is append-only, so the count of a span that is over does not change: it is remembered by this process. A page
counts at most :data:`BUDGET` runs; what is left of a long history it says so, and the next page goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from hardy.db.buckets import Bucket
from hardy.db.clock import present, seconds_from_now
from hardy.db.counting import Counted, count_up_to
from hardy.db.dialect import ledger_connection
from hardy.ledger.models import Run

#: Runs counted for one page, of each gap in what is remembered.
BUDGET = 50_000
#: A span is over when nothing that ended in it can still be on its way to the table.
SETTLED = timedelta(seconds=60)
#: Spans remembered: a few ranges of a few ledgers.
REMEMBERED = 2000

FAILURES = (Run.Outcome.FAILED, Run.Outcome.LOST, Run.Outcome.REJECTED)

#: (database, seconds, number of the span) and the count of each outcome.
_settled: dict[tuple[str, int, int], Counter[str]] = {}


@dataclass(frozen=True, slots=True)
class Span:
    """One bar: when it begins, and how many attempts ended how. ``outcomes`` is None if it is not counted yet."""

    start: datetime
    end: datetime
    outcomes: Counter[str] | None


def outcomes_over(spans: int, seconds: int) -> list[Span]:
    """Return ``spans`` spans of ``seconds`` each, the last of which is not over yet."""
    last = int(present().timestamp()) // seconds
    wanted = range(last - spans + 1, last + 1)
    database = str(ledger_connection().settings_dict["NAME"])
    counted = {number: _settled[key] for number in wanted if (key := (database, seconds, number)) in _settled}
    for gap in _newest_gaps([number for number in wanted if number not in counted]):
        counted.update(_count(gap, seconds))
    _remember(database, seconds, counted)
    return [
        Span(_start(number, seconds), _start(number + 1, seconds), counted.get(number)) for number in wanted
    ]


def failed_within(period: timedelta) -> Counted:
    """Count the attempts that failed in this period up to now."""
    since = seconds_from_now(-period.total_seconds())
    return count_up_to(Run.objects.filter(outcome__in=FAILURES, finished_at__gte=since))


def forget() -> None:
    """Forget what was counted."""
    _settled.clear()


def _newest_gaps(missing: list[int]) -> Iterator[range]:
    """Yield the two newest runs of consecutive numbers: what is new, and what an earlier page left."""
    for _ in range(2):
        if not missing:
            return
        start = end = missing.pop()
        while missing and missing[-1] == start - 1:
            start = missing.pop()
        yield range(start, end + 1)


def _count(gap: range, seconds: int) -> dict[int, Counter[str]]:
    since, until = _start(gap.start, seconds), _start(gap.stop, seconds)
    edge = _edge(until)
    first = gap.start
    if edge is not None and edge > since:
        # The span in which the budget ends is incomplete; the newest one is counted whatever it takes.
        first = min(gap.stop - 1, int(edge.timestamp()) // seconds + 1)
    counts: dict[int, Counter[str]] = {number: Counter() for number in range(first, gap.stop)}
    found = Run.objects.filter(
        outcome__in=Run.Outcome.values, finished_at__gte=_start(first, seconds), finished_at__lt=until
    )
    spans = found.annotate(span=Bucket("finished_at", seconds)).order_by().values_list("span", "outcome")
    for number, outcome, count in spans.annotate(count=Count("*")):
        counts.setdefault(number, Counter())[outcome] += count
    return {number: counts[number] for number in range(first, gap.stop)}


def _edge(until: datetime) -> datetime | None:
    """Return when the run ended that is :data:`BUDGET` numbers older than those at ``until``; None if all are newer."""
    newest = Run.objects.order_by("-id").values_list("id", flat=True).first()
    after = Run.objects.filter(outcome=Run.Outcome.SUCCEEDED, finished_at__gte=until).order_by(
        "finished_at", "id"
    )
    anchor = after.values_list("id", flat=True).first() or newest or 0
    older = Run.objects.filter(id__lte=anchor - BUDGET).order_by("-id")
    return older.values_list("finished_at", flat=True).first()


def _remember(database: str, seconds: int, counted: dict[int, Counter[str]]) -> None:
    over = int((present() - SETTLED).timestamp()) // seconds
    for number in sorted(counted):
        if number < over:
            _settled[database, seconds, number] = counted[number]
    for oldest in list(_settled)[: max(0, len(_settled) - REMEMBERED)]:
        _settled.pop(oldest, None)


def _start(number: int, seconds: int) -> datetime:
    return datetime.fromtimestamp(number * seconds, UTC)
