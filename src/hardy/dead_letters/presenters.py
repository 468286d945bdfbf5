"""A letter as text, as JSON, and with everything that belongs to it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import celery
from django.db.models import QuerySet
from django.utils import timezone

from hardy.conf import settings
from hardy.dead_letters.decoding import Contents, Unreadable, open_letter, readable
from hardy.dead_letters.models import Decision
from hardy.dead_letters.triage import Report
from hardy.ledger.models import DeadLetter, Run
from hardy.ledger.presenters import first_line as first_line


def contents_of(letter: DeadLetter, app: Any = None) -> Contents:
    """Return what is in a letter; raises ``Unreadable``."""
    return open_letter(app or celery.current_app, letter.message)


def attempts_of(letter: DeadLetter) -> QuerySet[Run]:
    """Return every attempt of the letter's job, those of earlier lives too, oldest first."""
    return Run.objects.using(settings.DATABASE).filter(job=letter.job).order_by("id")


def decisions_of(letter: DeadLetter) -> QuerySet[Decision]:
    """Return what was decided about earlier letters of the same job, oldest first."""
    return Decision.objects.using(settings.DATABASE).filter(job=letter.job).order_by("id")


def age(letter: DeadLetter) -> timedelta:
    passed: timedelta = timezone.now() - letter.died_at
    return max(timedelta(0), passed)


def as_json(letter: DeadLetter) -> dict[str, Any]:
    """Return what a list says of a letter: no arguments."""
    said = ("job", "task", "queue", "reason", "error_type", "error", "fingerprint", "attempts")
    times = {name: getattr(letter, name).isoformat() for name in ("enqueued_at", "died_at")}
    return {"letter": letter.pk, **{name: getattr(letter, name) for name in said}, **times}


def in_full(letter: DeadLetter) -> dict[str, Any]:
    """Return everything there is about a letter."""
    return {
        **as_json(letter),
        **_arguments(letter),
        "message": json.loads(letter.message),
        "runs": [_run(run) for run in attempts_of(letter)],
        "decisions": [_decision(decision) for decision in decisions_of(letter)],
    }


def as_text(letter: DeadLetter) -> str:
    """Return everything there is about a letter, for a terminal."""
    head = {name: value for name, value in as_json(letter).items() if name not in ("error_type", "error")}
    lines = [f"{name:<12} {value}" for name, value in head.items()]
    lines += [f"{'error':<12} {first_line(letter, 10_000)}", "", *_argument_lines(letter)]
    for run in attempts_of(letter):
        worker = f" on {run.worker}" if run.worker else ""
        lines += ["", f"attempt {run.attempt}: {run.outcome}{worker}, {run.finished_at.isoformat()}"]
        lines += [f"    {line}" for line in (run.traceback or first_line(run, 10_000)).splitlines()]
    for decision in decisions_of(letter):
        lines += [
            "",
            f"letter {decision.letter} was {decision.action} by {decision.by}, {decision.decided_at.isoformat()}",
        ]
        lines += [f"    {line}" for line in decision.note.splitlines()]
    return "\n".join(lines)


def report_as_json(report: Report, left: int) -> dict[str, Any]:
    """Return what became of letters, for a script."""
    return {
        "batch": report.batch,
        "done": [{"letter": decision.letter, "job": decision.job} for decision in report.decided],
        "refused": [
            {"letter": refusal.letter, "job": refusal.job, "why": refusal.why} for refusal in report.refused
        ],
        "left": left,
    }


def _arguments(letter: DeadLetter) -> dict[str, Any]:
    try:
        contents = contents_of(letter)
    except Unreadable as error:
        return {"args": None, "kwargs": None, "unreadable": str(error)}
    plain: dict[str, Any] = json.loads(readable({"args": contents.args, "kwargs": contents.kwargs}))
    return plain


def _argument_lines(letter: DeadLetter) -> list[str]:
    found = _arguments(letter)
    if "unreadable" in found:
        return [found["unreadable"]]
    return [f"{name:<12} {json.dumps(found[name], ensure_ascii=False)}" for name in ("args", "kwargs")]


def _run(run: Run) -> dict[str, Any]:
    said = ("attempt", "outcome", "worker", "error_type", "error", "traceback")
    return {**{name: getattr(run, name) for name in said}, "finished_at": run.finished_at.isoformat()}


def _decision(decision: Decision) -> dict[str, Any]:
    said = ("letter", "action", "by", "note", "batch")
    changes = json.loads(decision.changes) if decision.changes else None
    return {
        **{name: getattr(decision, name) for name in said},
        "decided_at": decision.decided_at.isoformat(),
        "changes": changes,
    }
