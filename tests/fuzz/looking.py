"""Runs in a process of the project: what became of jobs."""

from __future__ import annotations

from typing import Any

from django.db import connection


def known(jobs: list[str]) -> list[str]:
    """Return those of ``jobs`` that the ledger, the history or the dead letters know."""
    found = {row[0] for chunk in _chunks(jobs) for row in _rows(KNOWN, [*chunk, *chunk, *chunk], len(chunk))}
    return [job for job in jobs if job in found]


def succeeded(jobs: list[str]) -> int:
    """Return how many of ``jobs`` have succeeded."""
    return int(_rows(SUCCEEDED, jobs, len(jobs))[0][0])


def longest_put_off(jobs: list[str]) -> float:
    """Return for how many seconds those of ``jobs`` that have run were made to wait, at most."""
    from hardy.ledger.models import Run

    times = Run.objects.filter(job__in=jobs).values_list("enqueued_at", "due_at")
    return max((due - enqueued).total_seconds() for enqueued, due in times)


def everything() -> int:
    """Return how many jobs there are and have been."""
    return int(_rows(EVERYTHING, [])[0][0])


def hanging(queue: str) -> list[tuple[Any, ...]]:
    """Return jobs that could run, and do not, or that are in somebody's hands."""
    from hardy.db.dialect import dialect_of

    return _rows(HANGING.replace("NOW", dialect_of(connection).now), [queue])


# Not through the models, which cannot read every row that is broken here.
KNOWN = (
    "SELECT id FROM hardy_job WHERE id IN (MARKS) UNION SELECT job FROM hardy_run WHERE job IN (MARKS)"
    " UNION SELECT job FROM hardy_deadletter WHERE job IN (MARKS)"
)
SUCCEEDED = "SELECT count(DISTINCT job) FROM hardy_run WHERE outcome = 'succeeded' AND job IN (MARKS)"
EVERYTHING = (
    "SELECT count(*) FROM (SELECT id FROM hardy_job UNION SELECT job FROM hardy_run"
    " UNION SELECT job FROM hardy_deadletter) everything"
)
HANGING = (
    "SELECT id, state, task, worker, token, attempts FROM hardy_job WHERE queue = %s AND"
    " (state IN ('reserved', 'running') OR (state IN ('queued', 'held') AND due_at <= NOW))"
)


def _rows(sql: str, params: list[Any], marks: int = 0) -> list[tuple[Any, ...]]:
    if "MARKS" in sql and not marks:
        return [(0,)] if "count" in sql else []
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("MARKS", ", ".join(["%s"] * marks)), params)
        return list(cursor.fetchall())


def _chunks(jobs: list[str]) -> list[list[str]]:
    return [jobs[start : start + 200] for start in range(0, len(jobs), 200)]
