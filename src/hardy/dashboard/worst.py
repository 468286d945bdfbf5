"""The slowest tasks and those that fail most, as rows of two tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse

from hardy.dashboard.parameters import query
from hardy.dashboard.words import took
from hardy.records.by_task import NEWEST, TaskFigures, Worst


def tables(found: Worst) -> dict[str, Any]:
    """Return what the template shows of them."""
    return {
        "slowest": _rows(found.slowest, state=""),
        "failing": _rows(found.failing, state="failed"),
        "is_partial": found.is_partial,
        "looked_at": NEWEST,
    }


def _rows(tasks: Sequence[TaskFigures], state: str) -> list[dict[str, str]]:
    return [
        {
            "task": task.task,
            "url": reverse("hardy:tasks") + query(task=task.task, state=state),
            "mean": took(timedelta(seconds=task.mean)),
            "longest": took(timedelta(seconds=task.longest)),
            "attempts": f"{task.attempts:,}",
            "failed": f"{task.failed:,}",
            "percent": f"{task.failed_percent:.{1 if task.failed_percent < 10 else 0}f} %",
        }
        for task in tasks
    ]
