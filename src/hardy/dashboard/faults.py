"""What goes wrong in all attempts, each fault once; and one fault with what its jobs have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.dashboard.access import May, page
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import row_of_run
from hardy.dashboard.words import ago
from hardy.db.clock import present
from hardy.records import fault_presenters as presenters
from hardy.records.faults import LARGE, Fault, FaultFilter, fault, faults, with_fault
from hardy.records.outstanding import contrast
from hardy.tracebacks import own_frames

#: Faults on a page, and attempts on the page of one.
FAULTS, ATTEMPTS = 50, 25


def faults_for_page(now: datetime) -> tuple[list[dict[str, Any]], str]:
    """Return the most frequent faults as lines, and what must be said of those that are left out."""
    found = faults(FaultFilter(), FAULTS)
    more = f"Only the most frequent {FAULTS} errors of attempts are shown." if found.more else ""
    return [_line(one, now) for one in found.faults], presenters.note_on(found) or more


@page("runs")
def fault_page(request: HttpRequest, may: May) -> HttpResponse:
    """One fault. What stands out names values of arguments, so it needs the permission to see them."""
    asked = Parameters(request.GET)
    found = fault(asked.text("fingerprint"))
    if found is None:
        return render(request, may, "fault", {"here": "errors", "notes": asked.notes}, status=404)
    now = present()
    compared = contrast(found.fingerprint, found.latest.task) if may.arguments else None
    runs = list(with_fault(found.fingerprint).defer(*LARGE).order_by("-finished_at", "-id")[:ATTEMPTS])
    context = {
        "here": "errors",
        "line": _line(found, now),
        "compared": compared,
        "runs": runs,
        "error": presenters.error_of(found, 1000),
        "outstanding": [presenters.sentence_of(one) for one in compared.outstanding] if compared else [],
        "verdict": presenters.verdict_on(compared) if compared else "",
        "traceback": own_frames(found.latest.traceback),
        "rows": [row_of_run(run, now) for run in runs],
        "notes": asked.notes,
    }
    return render(request, may, "fault", context)


def _line(one: Fault, now: datetime) -> dict[str, Any]:
    return {
        "fault": one,
        "url": reverse("hardy:fault") + query(fingerprint=one.fingerprint),
        "error": presenters.error_of(one),
        "releases": presenters.releases_of(one),
        "first": ago(one.first, now),
        "last": ago(one.last, now),
    }
