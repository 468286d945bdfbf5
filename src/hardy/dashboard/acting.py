"""Which rows a form means, what it does to them, and what a person hears about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from hardy.conf.durations import in_units, parse_duration
from hardy.dashboard.acts import ACTS, LETTERS_AT_ONCE, SELECTED, Act, jobs
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.sought import Sought
from hardy.db.clock import present
from hardy.dead_letters.discarding import discard
from hardy.dead_letters.replaying import replay
from hardy.dead_letters.triage import Report
from hardy.ledger import audit
from hardy.ledger.acting import cancel_jobs, move_jobs, reschedule_jobs
from hardy.ledger.cancellation import NOT_BEGUN
from hardy.ledger.models import DeadLetter, Job
from hardy.ledger.pausing import refuse_unknown

LONGEST_NOTE = 2000
#: Skipped letters that a message names.
NAMED = 3


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
            chosen = DeadLetter.objects.filter(job__in=self._selected)
            rows = self._sought.letters() if self._of_all else chosen
            return rows.filter(id__lte=self._newest).order_by("id")
        if self._of_all:
            rows = self._sought.jobs().filter(enqueued_at__lte=self._until)
        else:
            rows = Job.objects.filter(id__in=self._selected, state__in=NOT_BEGUN)
        return rows.order_by("enqueued_at", "id")

    def hidden(self) -> list[tuple[str, str]]:
        """Return the fields by which the confirmation means the same rows."""
        kept = [("act", self._name), ("state", self._sought.state), *self._sought.filters.items()]
        if self._of_all:
            edge = ("until", self._until.isoformat()), ("newest", str(self._newest))
            return [*kept, ("which", "all"), *edge]
        return [*kept, *(("job", job) for job in self._selected)]

    def do(self) -> None:
        """Do it, and tell the person what became of it."""
        act = ACTS[self._name]
        if act.of_letters:
            tell_of_letters(self._request, act, self._decide())
            return
        run, how = self._run()
        ids = list(self.rows().values_list("id", flat=True)[: act.at_once + 1])
        chosen = self._sought.words if self._of_all else "selected"
        entry = audit.entry(act.audited, by=self._request.user, via="control room", detail=f"{chosen}{how}")
        acted = run(ids[: act.at_once], entry)
        meant = len(ids[: act.at_once]) if self._of_all else len(self._selected)
        done = act.done.format(jobs(len(acted)))
        tell_of_jobs(self._request, f"{done}{how}.", meant - len(acted), are_more=len(ids) > act.at_once)

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


def tell_of_jobs(request: HttpRequest, said: str, missed: int, *, are_more: bool) -> None:
    """Say what was done, how many of those meant were not, and whether more match."""
    messages.success(request, said, fail_silently=True)
    if missed > 0:
        left = "was left alone: it has" if missed == 1 else "were left alone: they have"
        why = "begun, ended, or been taken by a worker, or there is nothing to do."
        messages.warning(request, f"{jobs(missed).capitalize()} {left} {why}", fail_silently=True)
    if are_more:
        more = "More match; do it again for the rest, or use `manage.py hardy` with --all-matching."
        messages.warning(request, more, fail_silently=True)


def tell_of_letters(request: HttpRequest, act: Act, report: Report) -> None:
    count = len(report.decided)
    if count or not report.refused:
        letters = "1 dead letter" if count == 1 else f"{count} dead letters"
        messages.success(request, f"{act.done.format(letters)}.", fail_silently=True)
    for refusal in report.refused[:NAMED]:
        messages.warning(request, f"Letter {refusal.letter} was skipped: {refusal.why}", fail_silently=True)
    if len(report.refused) > NAMED:
        messages.warning(request, f"{len(report.refused) - NAMED} more were skipped.", fail_silently=True)
