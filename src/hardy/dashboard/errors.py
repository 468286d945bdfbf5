"""Dead letters, grouped by what went wrong, and what a person decides about them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from hardy.dashboard.access import May, page, require
from hardy.dashboard.faults import faults_for_page
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import task_url
from hardy.dashboard.words import ago
from hardy.db.clock import present
from hardy.db.counting import count_up_to
from hardy.dead_letters.discarding import NoteMissing, discard
from hardy.dead_letters.presenters import first_line
from hardy.dead_letters.queries import KIND, NEWEST, Filter, Kind, kinds, newest, of_kind
from hardy.dead_letters.replaying import replay
from hardy.dead_letters.triage import Report
from hardy.ledger.models import DeadLetter

#: Kinds, and letters of one kind, on a page.
KINDS, LETTERS = 100, 50
#: Letters decided about in one request: the rest by pressing again, or with `manage.py hardy dead`.
AT_ONCE = 500
#: Skipped letters that a message names.
NAMED = 3
LONGEST_NOTE = 2000

ACTS = {"replay": "Replayed", "discard": "Discarded"}


@page("letters")
def errors_page(request: HttpRequest, may: May) -> HttpResponse:
    """The kinds of dead letters, and what goes wrong in all attempts; the most frequent first."""
    now = present()
    faults, left_out = faults_for_page(now) if may.runs else ([], "")
    letters, are_more = newest()
    found = [_line(kind, now) for kind in kinds(letters, KINDS)]
    limit = f"Only the newest {NEWEST:,} dead letters are counted here; there are more." if are_more else ""
    context = {"kinds": found, "faults": faults, "left_out": left_out, "notes": [limit] if limit else []}
    return render(request, may, "errors", context)


@page("letters")
def kind_page(request: HttpRequest, may: May) -> HttpResponse:
    """The letters of one kind, newest first."""
    asked = Parameters(request.GET)
    key = _key(asked)
    before = asked.number("before")
    letters = of_kind(key)
    shown = letters if before is None else letters.filter(id__lt=before)
    some = list(shown.order_by("-id")[: LETTERS + 1])
    now = present()
    context: dict[str, Any] = {
        "here": "errors",
        "kind": dict(zip(KIND, key, strict=True)),
        "count": count_up_to(letters),
        "newest": letters.order_by("-id").values_list("id", flat=True).first() or 0,
        "letters": [
            {"pk": str(letter.pk), "url": task_url(letter.job), "job": letter.job, "error": first_line(letter),
             "died": ago(letter.died_at, now), "moment": letter.died_at, "attempts": letter.attempts}
            for letter in some[:LETTERS]
        ],
        "next": _kind_url(key, before=some[LETTERS - 1].pk) if len(some) > LETTERS else "",
        "first": _kind_url(key) if before is not None else "",
        "notes": asked.notes,
    }  # fmt: skip
    return render(request, may, "kind", context)


@page("letters")
def decide_page(request: HttpRequest, may: May) -> HttpResponse:
    """Ask once more, with the count; then replay or discard."""
    asked = Parameters(request.POST)
    act = asked.choice("act", ACTS)
    if request.method != "POST" or not act:
        return HttpResponseRedirect(reverse("hardy:errors"))
    require(may.replay if act == "replay" else may.discard)
    letters, hidden = _chosen(request, asked)
    note = asked.text("note", LONGEST_NOTE)
    if request.POST.get("confirmed"):
        try:
            return _decide(request, act, letters, note)
        except NoteMissing as error:
            asked.notes.append(str(error))
    count = count_up_to(letters)
    context = {
        "here": "errors",
        "act": act,
        "count": count,
        "at_once": AT_ONCE if count.number > AT_ONCE else 0,
        "kinds": [] if count.more else [_line(kind, present()) for kind in kinds(letters, 10)],
        "hidden": hidden,
        "note": note,
        "notes": asked.notes,
    }
    return render(request, may, "decide", context)


def _decide(request: HttpRequest, act: str, letters: QuerySet[DeadLetter], note: str) -> HttpResponse:
    if act == "replay":
        report = replay(letters, by=request.user, note=note, limit=AT_ONCE)
    else:
        report = discard(letters, by=request.user, note=note, limit=AT_ONCE)
    _tell(request, ACTS[act], report)
    return HttpResponseRedirect(reverse("hardy:errors"))


def _tell(request: HttpRequest, done: str, report: Report) -> None:
    count = len(report.decided)
    letters = "1 dead letter" if count == 1 else f"{count} dead letters"
    if count or not report.refused:
        messages.success(request, f"{done} {letters}.", fail_silently=True)
    for refusal in report.refused[:NAMED]:
        said = f"Letter {refusal.letter} was skipped: {refusal.why}"
        messages.warning(request, said, fail_silently=True)
    if len(report.refused) > NAMED:
        messages.warning(request, f"{len(report.refused) - NAMED} more were skipped.", fail_silently=True)


def _chosen(request: HttpRequest, asked: Parameters) -> tuple[QuerySet[DeadLetter], list[tuple[str, str]]]:
    """Return the letters that a form means, and the fields by which the confirmation means the same."""
    numbers = asked.numbers("letter", LETTERS)
    if request.POST.get("which") != "all":
        chosen = Filter(ids=[str(number) for number in numbers] or ["-"]).letters()
        return chosen, [("letter", str(number)) for number in numbers]
    key = _key(asked)
    last = asked.number("newest") or 0
    hidden = [("which", "all"), ("newest", str(last)), *zip(KIND, key, strict=True)]
    return of_kind(key).filter(id__lte=last), hidden


def _key(asked: Parameters) -> tuple[str, ...]:
    return tuple(asked.text(name) for name in KIND)


def _line(kind: Kind, now: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "url": _kind_url(kind.key),
        "first": ago(kind.first, now),
        "last": ago(kind.last, now),
    }


def _kind_url(key: tuple[str, ...], **more: object) -> str:
    return reverse("hardy:kind") + query(**dict(zip(KIND, key, strict=True)), **more)
