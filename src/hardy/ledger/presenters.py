"""Jobs and runs as plain values, for a terminal, for JSON and for pages alike. Arguments are in none of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hardy.ledger.models import Job, Run


def first_line(row: Any, longest: int = 120) -> str:
    """Return what was raised, in one line; a dash for nothing."""
    text = f"{row.error_type}: {row.error}" if row.error_type else row.error
    line = text.splitlines()[0] if text else "–"
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def job_as_json(job: Job, last: Run | None = None) -> dict[str, Any]:
    """Return what a list says of a job; ``last`` is its latest attempt, if it has had one."""
    said = ("id", "task", "queue", "state", "priority", "attempts", "crashes", "worker")
    times = ("enqueued_at", "due_at", "published_at", "started_at")
    return {
        **{name: getattr(job, name) for name in said},
        **{name: _written(getattr(job, name)) for name in times},
        "last_outcome": last.outcome if last else None,
        "last_error_type": last.error_type if last else "",
        "last_error": last.error if last else "",
    }


def run_as_json(run: Run, *, full: bool = False) -> dict[str, Any]:
    """Return what a list says of a run; with ``full``, also its result and its traceback."""
    said = ("job", "task", "queue", "outcome", "attempt", "worker", "error_type", "error", "fingerprint")
    times = ("enqueued_at", "due_at", "started_at", "finished_at")
    more = ("result", "traceback") if full else ()
    return {
        "run": run.pk,
        **{name: getattr(run, name) for name in said},
        **{name: _written(getattr(run, name)) for name in times},
        "took_seconds": took(run),
        **{name: getattr(run, name) for name in more},
    }


def took(run: Run) -> float | None:
    """Return the seconds from an attempt's start to its end; None for one that never started."""
    if run.started_at is None:
        return None
    seconds: float = (run.finished_at - run.started_at).total_seconds()
    return round(max(0.0, seconds), 3)


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
