"""Jobs and runs as plain values, for a terminal, for JSON and for pages alike.

Arguments, and tags, which are made of arguments, are only in what is asked for in full: whoever passes that on looks
at the permission ``hardy.view_arguments`` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hardy.ledger.models import Job, Run


def first_line(row: Any, longest: int = 120) -> str:
    """Return what was raised, in one line; a dash for nothing."""
    text = ": ".join(said for said in (row.error_type, row.error) if said)
    line = text.splitlines()[0] if text else "–"
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def job_as_json(job: Job, last: Run | None = None) -> dict[str, Any]:
    """Return what a list says of a job; ``last`` is its latest attempt, if it has had one."""
    said = ("id", "task", "queue", "state", "priority", "attempts", "crashes", "worker")
    times = ("enqueued_at", "due_at", "published_at", "started_at")
    return {
        **{name: getattr(job, name) for name in said},
        **{name: _written(getattr(job, name)) for name in times},
        "progress": reached.as_json() if (reached := job.reached) else None,
        "last_outcome": last.outcome if last else None,
        "last_error_type": last.error_type if last else "",
        "last_error": last.error if last else "",
    }


def progress_as_json(job: Job | None) -> dict[str, Any]:
    """Return what a bar on a page needs, in the form that ``hardy/progress.js`` reads: its state, and how far it is.

    The ``state`` is that of the job, and "ended" once there is none any more.
    """
    reached = job.reached if job else None
    return {"state": job.state if job else "ended", **(reached.as_json() if reached else {})}


def run_as_json(run: Run, *, full: bool = False) -> dict[str, Any]:
    """Return what a list says of a run; with ``full``, also its arguments, its tag, its result and its traceback."""
    said = ("job", "task", "queue", "outcome", "attempt", "worker", "error_type", "error", "fingerprint")
    times = ("enqueued_at", "due_at", "started_at", "finished_at")
    origin = ("root", "parent", "group_id", "schedule", "request_id", "user_id", "release")
    usage = ("cpu_seconds", "memory_growth", "queries", "query_seconds")
    more = ("arguments", "tag", "result", "traceback") if full else ()
    return {
        "run": run.pk,
        **{name: getattr(run, name) for name in said},
        **{name: _written(getattr(run, name)) for name in times},
        "took_seconds": took(run),
        **{name: getattr(run, name) for name in (*usage, *origin)},
        **{name: getattr(run, name) for name in more},
    }


def facts(run: Run) -> dict[str, str]:
    """Return in words where a run came from and what it took: only what there is to say, and no argument."""
    cause = [
        f"{what} {value}" for what, value in (("user", run.user_id), ("request", run.request_id)) if value
    ]
    said = {
        "caused by": ", ".join(cause), "schedule": run.schedule, "sent by task": run.parent,
        "began with task": run.root if run.root != run.parent else "", "group": run.group_id,
        "release": run.release, "used": ", ".join(_used(run)),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _used(run: Run) -> Iterator[str]:
    if run.cpu_seconds is not None:
        yield f"{_short(run.cpu_seconds)} of CPU"
    if run.queries:
        word = "query" if run.queries == 1 else "queries"
        yield f"{run.queries} {word} in {_short(run.query_seconds or 0.0)}"
    if run.memory_growth:
        yield f"{run.memory_growth / 1024**2:.1f} MiB more memory than the process ever had"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def took(run: Run) -> float | None:
    """Return the seconds from an attempt's start to its end; None for one that never started."""
    if run.started_at is None:
        return None
    seconds: float = (run.finished_at - run.started_at).total_seconds()
    return round(max(0.0, seconds), 3)


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
