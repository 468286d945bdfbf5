"""One task: its life, its arguments, what went wrong, why it waits, and what can be done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import celery
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from hardy.conf.durations import in_units, parse_duration
from hardy.dashboard.access import May, page, require
from hardy.dashboard.life import life_of
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import row_of_job, row_of_run, task_url
from hardy.db.clock import present
from hardy.dead_letters.decoding import Unreadable, open_letter
from hardy.dead_letters.queries import decisions_about, letters_of
from hardy.errors import BadDuration
from hardy.ledger import audit
from hardy.ledger.acting import cancel_jobs, reschedule_jobs
from hardy.ledger.cancellation import NOT_BEGUN, WAITING
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.ledger.overview import overview
from hardy.ledger.presenters import facts, progress_as_json
from hardy.ledger.queries import job_with_id
from hardy.ledger.tags import all_tags
from hardy.ledger.waiting import why_waiting
from hardy.records.history import attempts_in_full

#: What a form may ask for, and how the audit calls it.
ACTS = {"cancel": "cancelled", "now": "started", "later": "rescheduled"}
#: Characters of arguments, results and tracebacks that a page shows.
SHOWN = 20_000


@page()
def task_page(request: HttpRequest, may: May) -> HttpResponse:
    """Everything about the job that ``?id=`` names; a form sent here acts on it."""
    asked = Parameters(request.GET)
    id = asked.text("id")
    job = job_with_id(id) if id else None
    runs = attempts_in_full(id) if id and may.runs else []
    letters = letters_of(id) if id and may.letters else []
    if request.method == "POST":
        require(may.change)
        _act(request, id)
        return HttpResponseRedirect(task_url(id))
    if job is None and not runs and not letters:
        return render(request, may, "missing", {"here": "tasks", "id": id, "notes": asked.notes}, status=404)
    return render(
        request, may, "task", {**_about(may, id, job, runs, letters), "id": id, "notes": asked.notes}
    )


@page()
def progress_view(request: HttpRequest, may: May) -> HttpResponse:
    """How far the job that ``?id=`` names is, as JSON: what the bar on its page asks for."""
    job = job_with_id(Parameters(request.GET).text("id"))
    return JsonResponse(progress_as_json(job))


def _about(may: May, id: str, job: Job | None, runs: list[Run], letters: list[DeadLetter]) -> dict[str, Any]:
    now = present()
    source = job or (letters[0] if letters else runs[0])
    return {
        "here": "tasks",
        "task": source.task,
        "queue": source.queue,
        "enqueued_at": source.enqueued_at,
        "job": job,
        "runs": runs,
        "letters": letters,
        "row": row_of_job(job, now) if job else row_of_run(runs[0], now) if runs else None,
        "reached": job.reached if job else None,
        "why": why_waiting(job, overview()) if job else [],
        "may_cancel": may.change and job is not None and job.state in NOT_BEGUN,
        "may_move": may.change and job is not None and job.state in WAITING,
        "life": life_of(job, runs[::-1], now),
        "attempts": [
            (row_of_run(run, now), run, shortened(run.result), shortened(run.traceback), facts(run))
            for run in runs
        ],
        "letter": letters[0] if letters else None,
        "decisions": decisions_about(id) if may.letters else [],
        "done": _done(may, id) if may.audit else [],
        "arguments": _arguments(job or (letters[0] if letters else None), runs) if may.arguments else "",
        "keeps_arguments": job is not None or bool(letters) or any(run.arguments for run in runs),
        "tags": all_tags(job or (runs[0] if runs else None), id) if may.arguments else [],
    }


def _done(may: May, id: str) -> list[audit.AuditEntry]:
    """What people did to this job alone."""
    entries = audit.entries_about([id])
    for entry in entries:
        if not may.arguments:
            entry.detail = audit.without_arguments(entry.detail)
    return entries


def _act(request: HttpRequest, id: str) -> None:
    """Do what the form says, and say whether it was done."""
    asked = Parameters(request.POST)
    act = asked.choice("act", ACTS)
    entry = audit.entry(ACTS.get(act, ""), by=request.user, via="control room")
    if act == "cancel":
        done = cancel_jobs([id], entry, why=f"Cancelled by {request.user} in the control room.")
        _say(request, bool(done), "Cancelled.", "It was not cancelled: it runs already, or has ended.")
    elif act == "now":
        _say(
            request,
            bool(reschedule_jobs([id], entry, delay=0)),
            "It may start now.",
            "It was not moved: it does not wait any more.",
        )
    elif act == "later":
        _move(request, id, asked.text("delay"), entry)
    else:
        messages.warning(request, "Nothing was done: the form did not say what.", fail_silently=True)


def _move(request: HttpRequest, id: str, said: str, entry: audit.AuditEntry) -> None:
    try:
        delay = parse_duration(said).total_seconds()
    except BadDuration as error:
        messages.error(request, str(error), fail_silently=True)
        return
    entry.detail = f"due in {in_units(delay)}"
    moved = reschedule_jobs([id], entry, delay=delay)
    _say(
        request,
        bool(moved),
        f"It is due in {in_units(delay)}.",
        "It was not moved: it does not wait any more.",
    )


def _say(request: HttpRequest, done: bool, yes: str, no: str) -> None:
    if done:
        messages.success(request, yes, fail_silently=True)
    else:
        messages.warning(request, no, fail_silently=True)


def _arguments(kept: Job | DeadLetter | None, runs: list[Run]) -> str:
    """The arguments as JSON, or why they cannot be shown. Once the message is gone, those that the history keeps."""
    if kept is None:
        return _recorded(next((run.arguments for run in runs if run.arguments), ""))
    try:
        contents = open_letter(celery.current_app, kept.message)
        return shortened(_as_call(contents.args, contents.kwargs) or contents.arguments)
    except Unreadable as error:
        return shortened(str(error)).capitalize()
    except Exception as error:  # arguments that a codec could read may be such as JSON cannot write
        return f"They cannot be shown as JSON ({type(error).__name__})."


def _recorded(arguments: str) -> str:
    try:
        return shortened(_as_call((), json.loads(arguments)))
    except (ValueError, AttributeError):
        return shortened(arguments)


def _as_call(args: Any, kwargs: Mapping[str, Any]) -> str:
    """Arguments one a line, as a call has them; "" if they are not plain JSON."""
    try:
        lines = [json.dumps(value, ensure_ascii=False) for value in args]
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in kwargs.items()]
    except (TypeError, ValueError, RecursionError):
        return ""
    return "\n".join(lines) or "none"


def shortened(text: str) -> str:
    """Return a text that a page can carry: not too long, and without halves of characters."""
    shown = text.encode(errors="replace").decode()
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}\n… and {len(shown) - SHOWN:,} characters more"
