"""The life of one job as a drawing: how long it waited, and each attempt, from the first moment to the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hardy.dashboard.chart import WIDTH, Box
from hardy.dashboard.words import took
from hardy.ledger.models import Job, Run

HEIGHT = 28
#: An attempt of a few milliseconds in a life of days must be seen.
LEAST = 4.0

Piece = tuple[datetime, datetime, str, str]


def life_of(job: Job | None, runs: Sequence[Run], now: datetime) -> list[Box]:
    """Draw a job and its attempts, given oldest first; nothing for a job without a past."""
    pieces = [piece for piece in _pieces(job, runs, now) if piece[1] >= piece[0]]
    if not pieces:
        return []
    begin, end = pieces[0][0], max(piece[1] for piece in pieces)
    whole = max((end - begin).total_seconds(), 0.001)
    return [_box(piece, begin, whole) for piece in pieces]


def _pieces(job: Job | None, runs: Sequence[Run], now: datetime) -> Iterator[Piece]:
    last: datetime | None = None
    for run in runs:
        since, begun = last or run.enqueued_at, run.started_at or run.finished_at
        yield since, begun, "waited", f"waited {took(begun - since)}"
        ran = f"attempt {run.attempt} {run.outcome} after {took(run.finished_at - begun)}"
        yield begun, run.finished_at, run.outcome, ran
        last = run.finished_at
    if job is not None:
        since = last or job.enqueued_at
        running = job.started_at if job.state == Job.State.RUNNING else None
        until = running or now
        yield since, until, "waited", f"has waited {took(max(until - since, timedelta(0)))}"
        if running:
            yield running, now, "running", f"has run for {took(now - running)}"


def _box(piece: Piece, begin: datetime, whole: float) -> Box:
    since, until, kind, title = piece
    x = (since - begin).total_seconds() / whole * WIDTH
    width = (until - since).total_seconds() / whole * WIDTH
    if kind != "waited":
        x, width = min(x, WIDTH - LEAST), max(width, LEAST)
    return Box(f"{x:.2f}", "0", f"{width:.2f}", str(HEIGHT), kind, title)
