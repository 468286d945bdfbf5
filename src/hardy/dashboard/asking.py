"""The page that asks once more, with the count, before something is done to some tasks or to all that match."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from hardy.dashboard.access import May, page, require
from hardy.dashboard.acting import LONGEST_NOTE, Form
from hardy.dashboard.acts import ACTS, counted
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.rendering import render
from hardy.dashboard.sought import Sought
from hardy.db.counting import count_up_to
from hardy.dead_letters.discarding import NoteMissing
from hardy.errors import BadDuration
from hardy.ledger.pausing import UnknownQueue, known_queues

#: Tasks that the page names.
KINDS = 8


@page()
def act_page(request: HttpRequest, may: May) -> HttpResponse:
    """Ask once more, with the count; then act on what is selected, or on everything that matches."""
    asked = Parameters(request.POST)
    name, sought = asked.choice("act", ACTS), Sought.of(asked, may)
    if request.method != "POST":
        return HttpResponseRedirect(sought.url())
    if asked.notes or not name:  # a filter that is left out means more than the person did
        said = " ".join(asked.notes) or "The form did not say what."
        messages.error(request, f"Nothing was done. {said}", fail_silently=True)
        return HttpResponseRedirect(sought.url())
    act = ACTS[name]
    require(getattr(may, act.needs))
    form = Form(request, asked, sought, name)
    if request.POST.get("confirmed"):
        try:
            form.do()
            return HttpResponseRedirect(sought.url())
        except (BadDuration, UnknownQueue, NoteMissing) as error:
            asked.notes.append(str(error))
    count = count_up_to(form.rows())
    context = {
        "here": "tasks",
        "name": name,
        "act": act,
        "count": count,
        "counted": counted(count, act),
        "at_once": act.at_once if count.number > act.at_once else 0,
        "tasks": [] if count.more else _tasks(form.rows()),
        "hidden": form.hidden(),
        "queues": sorted(known_queues()) if name == "move" else [],
        "delay": asked.text("delay") or "10m",
        "to": asked.text("to"),
        "note": asked.text("note", LONGEST_NOTE),
        "back": sought.url(),
        "notes": asked.notes,
    }
    return render(request, may, "act", context)


def _tasks(rows: QuerySet[Any]) -> list[tuple[str, int]]:
    grouped = rows.order_by().values("task").annotate(rows=Count("pk")).order_by("-rows", "task")
    return [(row["task"], row["rows"]) for row in grouped[:KINDS]]
