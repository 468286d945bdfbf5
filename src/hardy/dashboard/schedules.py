"""Schedule entries in words, and when they fire next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import celery
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from hardy.dashboard.access import May, page
from hardy.dashboard.parameters import query
from hardy.dashboard.rendering import render
from hardy.dashboard.words import ago
from hardy.db.clock import present
from hardy.ledger.queries import live_workers
from hardy.schedules.upcoming import BEAT, Entry, entries


@page("schedules")
def schedules_page(request: HttpRequest, may: May) -> HttpResponse:
    """Every entry: what it sends, how often, when it did last and will next."""
    now = present()
    found = [_line(entry, now) for entry in entries(celery.current_app)]
    beats = [worker for worker in live_workers() if worker.kind == "beat"]
    return render(request, may, "schedules", {"entries": found, "beats": beats})


def _line(entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "entry": entry,
        "last": ago(entry.last_run_at, now) if entry.last_run_at else "never",
        "upcoming": [(ago(moment, now), moment) for moment in entry.upcoming],
        "runs": reverse("hardy:tasks") + query(task=entry.task),
        "edit": _edit_url(entry),
    }


def _edit_url(entry: Entry) -> str:
    if entry.row is None:
        return ""
    try:
        return reverse(f"admin:{BEAT}_periodictask_change", args=[entry.row])
    except NoReverseMatch:
        return ""
