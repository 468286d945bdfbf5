"""Who did what to which queues, tasks and workers."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.dashboard.access import May, page
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import task_url
from hardy.dashboard.words import ago
from hardy.db.clock import present
from hardy.dead_letters.audit import ACTIONS, AuditFilter
from hardy.ledger.audit import without_arguments

SIZE = 50
#: Jobs that a line names.
NAMED = 3


@page("audit")
def audit_page(request: HttpRequest, may: May) -> HttpResponse:
    """The newest lines, filtered by who, what and to which job."""
    asked = Parameters(request.GET)
    filters = {"by": asked.text("by"), "action": asked.choice("action", ACTIONS), "job": asked.text("job")}
    before = asked.moment("before")
    found = AuditFilter(**filters, before=before).lines(SIZE + 1)
    here, now = reverse("hardy:audit"), present()
    lines = found[:SIZE]
    if not may.arguments:
        lines = [replace(line, detail=without_arguments(line.detail)) for line in lines]
    context = {
        "lines": [
            {
                "line": line,
                "when": ago(line.at, now),
                "jobs": [(job, task_url(job)) for job in line.jobs[:NAMED]],
                "more": max(0, line.count - NAMED) if line.jobs else 0,
            }
            for line in lines
        ],
        "actions": ACTIONS,
        "filters": filters,
        "is_filtered": any(filters.values()),
        "next": here + query(before=lines[-1].at.isoformat(), **filters) if len(found) > SIZE else "",
        "first": here + query(**filters) if before else "",
        "notes": asked.notes,
    }
    return render(request, may, "audit", context)
