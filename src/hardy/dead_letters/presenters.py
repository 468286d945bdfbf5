"""A letter as text, as JSON, and with everything that belongs to it."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import reduce
from typing import Any

import celery
from django.db.models import QuerySet
from django.utils import timezone

from hardy.conf import settings
from hardy.dead_letters.decoding import Contents, Unreadable, open_letter, printable
from hardy.dead_letters.models import Decision
from hardy.dead_letters.triage import Report
from hardy.ledger.models import DeadLetter, Run

TOO_DEEP = "the arguments are nested too deeply to be shown"

#: Levels of nesting that stand around what is shown, whoever shows it.
AROUND = 50


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


def first_line(letter: Any, longest: int = 120) -> str:
    """Return what was raised, in one line."""
    text = f"{letter.error_type}: {letter.error}" if letter.error_type else letter.error
    line = text.splitlines()[0] if text else "–"
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


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
        "message": _parsed(letter.message),
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
        shown = contents_of(letter).arguments
    except Unreadable as error:
        return {"args": None, "kwargs": None, "unreadable": str(error)}
    plain = _parsed(shown)
    return plain if isinstance(plain, dict) else {"args": None, "kwargs": None, "unreadable": TOO_DEEP}


def _argument_lines(letter: DeadLetter) -> list[str]:
    found = _arguments(letter)
    if "unreadable" in found:
        return [found["unreadable"]]
    return [
        f"{name:<12} {printable(json.dumps(found[name], ensure_ascii=False))}" for name in ("args", "kwargs")
    ]


def _parsed(text: str) -> Any:
    """Return JSON as the value that it is; what cannot be shown as one, as the text that it is."""
    try:
        value = json.loads(text)
        json.dumps(reduce(lambda inside, _: [inside], range(AROUND), value), indent=2)
    except (ValueError, RecursionError):
        return text
    return value


def _run(run: Run) -> dict[str, Any]:
    said = ("attempt", "outcome", "worker", "error_type", "error", "traceback")
    return {**{name: getattr(run, name) for name in said}, "finished_at": run.finished_at.isoformat()}


def _decision(decision: Decision) -> dict[str, Any]:
    said = ("letter", "action", "by", "note", "batch")
    changes = _parsed(decision.changes) if decision.changes else None
    return {
        **{name: getattr(decision, name) for name in said},
        "decided_at": decision.decided_at.isoformat(),
        "changes": changes,
    }
