"""Every task in one list: jobs that are not finished, and attempts that are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hardy.dashboard.access import May, page
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import Row, row_of_job, row_of_run
from hardy.db.clock import present
from hardy.ledger import listing
from hardy.ledger.models import Run
from hardy.records import history

#: Attempts on a page, and jobs above them on the first page of all tasks.
SIZE = 50
LIVE = 10

#: The states a list may be asked for, and their titles: of jobs, then of attempts.
JOBS = {"running": "Running", "waiting": "Waiting", "later": "Due later"}
RUNS = {
    **{outcome: outcome.capitalize() for outcome in ("succeeded", "failed", "retried", "cancelled", "lost")},
    **{outcome: outcome.capitalize() for outcome in Run.Outcome.values},
}


@dataclass(slots=True)
class Listing:
    """What a page shows, and where the list goes on."""

    rows: list[Row] = field(default_factory=list)
    after: str = ""
    is_partial: bool = False


@page()
def tasks_page(request: HttpRequest, may: May) -> HttpResponse:
    """The list, filtered by what the address asks for."""
    asked = Parameters(request.GET)
    states = {**JOBS, **(RUNS if may.runs else {})}
    state = asked.choice("state", states)
    task, queue, text, after = (asked.text(name) for name in ("task", "queue", "q", "after"))
    tag = asked.text("tag")
    if tag and not may.arguments:
        tag = asked.leave_out("tag", "seeing what tasks are about takes the permission hardy.view_arguments")
    filters = {"task": task, "queue": queue, "tag": tag, "q": text}
    found = _found(may, state, filters, after)
    here = reverse("hardy:tasks")
    context: dict[str, Any] = {
        "rows": found.rows,
        "state": state,
        "tabs": [("All", here + query(**filters), not state)]
        + [(title, here + query(state=name, **filters), name == state) for name, title in states.items()],
        "filters": filters,
        "is_filtered": any(filters.values()),
        "is_first": not after,
        "first": here + query(state=state, **filters),
        "next": here + query(state=state, after=found.after, **filters) if found.after else "",
        "is_partial": found.is_partial,
        "notes": asked.notes,
    }
    return render(request, may, "tasks", context)


def _found(may: May, state: str, filters: dict[str, str], after: str) -> Listing:
    now = present()
    exact, text = {name: filters[name] for name in ("task", "queue", "tag")}, filters["q"]
    jobs = listing.Wanted(**exact, text=text, in_arguments=may.arguments)
    if state in JOBS:
        some = _jobs(jobs, state, after, SIZE)
        return Listing([row_of_job(job, now) for job in some.jobs], some.after, some.is_partial)
    place = int(after) if after.isascii() and after.isdecimal() and len(after) <= 18 else None
    live = [] if state or place is not None else _live(jobs, LIVE if may.runs else SIZE)
    rows = [row_of_job(job, now) for job in live]
    if not may.runs:
        return Listing(rows)
    wanted = history.Wanted(**exact, outcome=state, text=text)
    runs = history.find(wanted, SIZE, before=place)
    return Listing(
        [*rows, *(row_of_run(run, now) for run in runs.runs)], str(runs.after or ""), runs.is_partial
    )


def _jobs(wanted: listing.Wanted, state: str, after: str, size: int) -> listing.Found:
    if state == "running":
        return listing.running(wanted, size)
    if state == "later":
        return listing.later(wanted, size, after=after)
    found = listing.waiting(wanted, size, after=after)
    taken = [] if after else listing.reserved(wanted, size).jobs
    return listing.Found([*taken, *found.jobs], found.after, found.is_partial)


def _live(wanted: listing.Wanted, size: int) -> list[Any]:
    """Some of what is not finished: first what runs, then what will."""
    jobs: list[Any] = []
    for find in (listing.running, listing.reserved, listing.waiting, listing.later):
        if len(jobs) < size:
            jobs += find(wanted, size - len(jobs)).jobs
    return jobs
