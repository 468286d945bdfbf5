"""What can be done to some tasks of a list, or to all that match: asked once more, with the count, and then done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from hardy.conf.durations import in_units, parse_duration
from hardy.dashboard.access import May, page, require
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.rendering import render
from hardy.dashboard.sought import Sought
from hardy.db.clock import present
from hardy.db.counting import Counted, count_up_to
from hardy.dead_letters.discarding import NoteMissing, discard
from hardy.dead_letters.replaying import replay
from hardy.dead_letters.triage import Report
from hardy.errors import BadDuration
from hardy.ledger import audit
from hardy.ledger.acting import cancel_jobs, move_jobs, reschedule_jobs
from hardy.ledger.cancellation import NOT_BEGUN
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.pausing import UnknownQueue, known_queues, refuse_unknown

#: Rows that one press selects, and jobs or letters that one press acts on: a page must not take minutes.
SELECTED, JOBS_AT_ONCE, LETTERS_AT_ONCE = 100, 1000, 500
LONGEST_NOTE = 2000
#: Skipped letters that a message names, and tasks that the confirmation does.
NAMED, KINDS = 3, 8


@dataclass(frozen=True, slots=True)
class Act:
    """One action: its words, the permission it takes, and what to say before it is done."""

    title: str
    done: str
    needs: str
    explained: str
    of_letters: bool = False
    is_final: bool = False


ACTS = {
    "cancel": Act("Cancel", "Cancelled", "change", "They leave the ledger and will not run.", is_final=True),
    "now": Act("Run now", "Let start at once", "change", "Those that wait for their time may start at once."),
    "later": Act(
        "Reschedule", "Rescheduled", "change", "They start after this time instead, counted from now."
    ),
    "move": Act("Move", "Moved", "change", "They wait in another queue, in the order they had."),
    "replay": Act(
        "Retry",
        "Retried",
        "replay",
        "They are sent again with the arguments and ids they had, oldest first.",
        True,
    ),
    "discard": Act(
        "Discard",
        "Discarded",
        "discard",
        "They will not run. Each stays in the audit, with your note.",
        True,
        True,
    ),
}


@page()
def act_page(request: HttpRequest, may: May) -> HttpResponse:
    """Ask once more, with the count; then act on what is selected, or on everything that matches."""
    asked = Parameters(request.POST)
    name, sought = asked.choice("act", ACTS), Sought.of(asked, may)
    if request.method != "POST" or not name:
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
    at_once = LETTERS_AT_ONCE if act.of_letters else JOBS_AT_ONCE
    context = {
        "here": "tasks",
        "name": name,
        "act": act,
        "count": count,
        "counted": counted(count, act),
        "at_once": at_once if count.number > at_once else 0,
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


class Form:
    """One form: which rows it means, and what it does to them."""

    def __init__(self, request: HttpRequest, asked: Parameters, sought: Sought, name: str) -> None:
        self._request, self._asked, self._sought, self._name = request, asked, sought, name
        self._of_all = asked.choice("which", ("all", "selected"), "selected") == "all"
        self._selected = asked.texts("job", SELECTED)
        #: What came after the page was made is not meant.
        self._until = asked.moment("until") or present()
        newest = DeadLetter.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self._newest = asked.number("newest") or newest

    def rows(self) -> QuerySet[Any]:
        """Return what is meant, oldest first."""
        rows: QuerySet[Any]
        if ACTS[self._name].of_letters:
            rows = (
                self._sought.letters() if self._of_all else DeadLetter.objects.filter(job__in=self._selected)
            )
            return rows.filter(id__lte=self._newest).order_by("id")
        chosen = Job.objects.filter(id__in=self._selected, state__in=NOT_BEGUN)
        rows = self._sought.jobs().filter(enqueued_at__lte=self._until) if self._of_all else chosen
        return rows.order_by("enqueued_at", "id")

    def hidden(self) -> list[tuple[str, str]]:
        """Return the fields by which the confirmation means the same rows."""
        kept = [("act", self._name), ("state", self._sought.state), *self._sought.filters.items()]
        if self._of_all:
            return [
                *kept,
                ("which", "all"),
                ("until", self._until.isoformat()),
                ("newest", str(self._newest)),
            ]
        return [*kept, *(("job", job) for job in self._selected)]

    def do(self) -> None:
        """Do it, and tell the person what became of it."""
        act = ACTS[self._name]
        if act.of_letters:
            _tell_of_letters(self._request, act, self._decide())
            return
        run, how = self._run()
        ids = list(self.rows().values_list("id", flat=True)[: JOBS_AT_ONCE + 1])
        chosen = self._sought.words if self._of_all else "selected"
        action = {"cancel": "cancelled", "now": "started", "later": "rescheduled", "move": "moved"}[
            self._name
        ]
        entry = audit.entry(action, by=self._request.user, via="control room", detail=f"{chosen}{how}")
        acted = run(ids[:JOBS_AT_ONCE], entry)
        _tell_of_jobs(self._request, f"{act.done} {jobs(len(acted))}{how}.", ids, acted)

    def _run(self) -> tuple[Callable[[list[str], audit.AuditEntry], list[str]], str]:
        """Return what is done, with how the person wants it, and in words how that is."""
        if self._name == "cancel":
            why = f"Cancelled by {self._request.user} in the control room."
            return lambda ids, entry: cancel_jobs(ids, entry, why=why), ""
        if self._name == "move":
            to = self._asked.text("to")
            refuse_unknown(to)
            return lambda ids, entry: move_jobs(ids, entry, to=to), f" to {to}"
        delay = parse_duration(self._asked.text("delay")).total_seconds() if self._name == "later" else 0.0
        how = f", due in {in_units(delay)}" if delay else ""
        return lambda ids, entry: reschedule_jobs(ids, entry, delay=delay), how

    def _decide(self) -> Report:
        note, by = self._asked.text("note", LONGEST_NOTE), self._request.user
        if self._name == "replay":
            return replay(self.rows(), by=by, note=note, limit=LETTERS_AT_ONCE)
        return discard(self.rows(), by=by, note=note, limit=LETTERS_AT_ONCE)


def jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def counted(count: Counted, act: Act) -> str:
    noun = "dead letter" if act.of_letters else "job"
    return f"{count} {noun}{'' if count == Counted(1) else 's'}"


def _tasks(rows: QuerySet[Any]) -> list[tuple[str, int]]:
    grouped = rows.order_by().values("task").annotate(rows=Count("pk")).order_by("-rows", "task")
    return [(row["task"], row["rows"]) for row in grouped[:KINDS]]


def _tell_of_jobs(request: HttpRequest, said: str, meant: list[str], acted: list[str]) -> None:
    messages.success(request, said, fail_silently=True)
    missed = len(meant[:JOBS_AT_ONCE]) - len(acted)
    if missed:
        left = (
            "1 was left alone: a worker has it"
            if missed == 1
            else f"{missed:,} were left alone: workers have them"
        )
        messages.warning(request, f"{left}, or it is there already.", fail_silently=True)
    if len(meant) > JOBS_AT_ONCE:
        more = "More match; do it again for the rest, or use `manage.py hardy` with --all-matching."
        messages.warning(request, more, fail_silently=True)


def _tell_of_letters(request: HttpRequest, act: Act, report: Report) -> None:
    count = len(report.decided)
    if count or not report.refused:
        letters = "1 dead letter" if count == 1 else f"{count} dead letters"
        messages.success(request, f"{act.done} {letters}.", fail_silently=True)
    for refusal in report.refused[:NAMED]:
        messages.warning(request, f"Letter {refusal.letter} was skipped: {refusal.why}", fail_silently=True)
    if len(report.refused) > NAMED:
        messages.warning(request, f"{len(report.refused) - NAMED} more were skipped.", fail_silently=True)
