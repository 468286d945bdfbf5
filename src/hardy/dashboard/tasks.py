"""Every task in one list: jobs that are not finished, dead letters, and attempts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from hardy.dashboard.access import May, page
from hardy.dashboard.acts import ACTS, Act
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import Row, row_of_job, row_of_letter, row_of_run
from hardy.dashboard.sought import ACTED_ON, DEAD, JOBS, MAYBE_DEAD, Sought, states_for
from hardy.db.clock import present
from hardy.ledger import listing
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.records import history

#: Attempts on a page, and jobs above them on the first page of all tasks.
SIZE = 50
LIVE = 10


@dataclass(slots=True)
class Listing:
    """What a page shows, and where the list goes on."""

    found: list[Any] = field(default_factory=list)
    after: str = ""
    is_partial: bool = False


@page()
def tasks_page(request: HttpRequest, may: May) -> HttpResponse:
    """The list, filtered by what the address asks for."""
    asked = Parameters(request.GET)
    sought = Sought.of(asked, may)
    after, now = asked.text("after"), present()
    found = _found(may, sought, after)
    acts = acts_for(may, sought.state)
    rows = [_row(one, now) for one in found.found]
    rows = [replace(row, pick=bool(acts) and _may_be_picked(row, sought.state)) for row in rows]
    context: dict[str, Any] = {
        "found": found.found,
        "rows": rows,
        "acts": acts if any(row.pick for row in rows) else {},
        "state": sought.state,
        "tabs": [("All", sought.url(state=""), not sought.state)]
        + [(title, sought.url(state=name), name == sought.state) for name, title in states_for(may).items()],
        "filters": sought.filters,
        "is_filtered": any(sought.filters.values()),
        "is_first": not after,
        "first": sought.url(),
        "next": sought.url(after=found.after) if found.after else "",
        "is_partial": found.is_partial,
        "until": now.isoformat(),
        "notes": asked.notes,
    }
    return render(request, may, "tasks", context)


def acts_for(may: May, state: str) -> dict[str, Act]:
    """Return what somebody may do to rows of such a list."""
    if state in MAYBE_DEAD:
        return {name: act for name, act in ACTS.items() if act.of_letters and getattr(may, act.needs)}
    if state in ACTED_ON:
        return {name: act for name, act in ACTS.items() if not act.of_letters and getattr(may, act.needs)}
    return {}


def _may_be_picked(row: Row, state: str) -> bool:
    return state in MAYBE_DEAD or (row.live and row.kind != Job.State.RUNNING)


def _row(one: Job | Run | DeadLetter, now: datetime) -> Row:
    if isinstance(one, Job):
        return row_of_job(one, now)
    return row_of_run(one, now) if isinstance(one, Run) else row_of_letter(one, now)


def _found(may: May, sought: Sought, after: str) -> Listing:
    place = int(after) if after.isascii() and after.isdecimal() and len(after) <= 18 else None
    if sought.state in JOBS:
        some = _jobs(sought.wanted, sought.state, after, SIZE)
        return Listing(list(some.jobs), some.after, some.is_partial)
    if sought.state in DEAD:
        return _dead(sought, place)
    live = [] if sought.state or place is not None else _live(sought.wanted, LIVE if may.runs else SIZE)
    if not may.runs:
        return Listing(live)
    exact = {name: sought.filters[name] for name in ("task", "queue", "tag")}
    runs = history.find(history.Wanted(**exact, outcome=sought.state, text=sought.text), SIZE, before=place)
    return Listing([*live, *runs.runs], str(runs.after or ""), runs.is_partial)


def _dead(sought: Sought, place: int | None) -> Listing:
    letters = sought.letters().order_by("-id")
    some = list((letters if place is None else letters.filter(id__lt=place))[: SIZE + 1])
    after = str(some[SIZE - 1].pk) if len(some) > SIZE else ""
    return Listing(list(some[:SIZE]), after)


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
