"""A letter as text, as JSON, and with everything that belongs to it."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import celery

from hardy.dead_letters.decoding import Contents, Unreadable, open_letter, printable
from hardy.dead_letters.history import AttemptOfLife, Life, Traceback, decisions_of, history_of
from hardy.dead_letters.models import Decision
from hardy.dead_letters.triage import Report
from hardy.ledger.models import DeadLetter, Run
from hardy.ledger.presenters import first_line as first_line

TOO_DEEP = "the arguments are nested too deeply to be shown"

#: Levels of nesting that stand around what is shown, whoever shows it.
AROUND = 50


def contents_of(letter: DeadLetter, app: Any = None) -> Contents:
    """Return what is in a letter; raises ``Unreadable``."""
    return open_letter(app or celery.current_app, letter.message)


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
        "runs": [
            {"life": number, **_run(attempt.run)}
            for number, life in enumerate(history_of(letter).lives, 1)
            for attempt in life.attempts
        ],
        "decisions": [_decision(decision) for decision in decisions_of(letter)],
    }


def as_text(letter: DeadLetter) -> str:
    """Return everything there is about a letter, for a terminal."""
    head = {name: value for name, value in as_json(letter).items() if name not in ("error_type", "error")}
    lines = [f"{name:<12} {value}" for name, value in head.items()]
    lines += [f"{'error':<12} {first_line(letter, 10_000)}", "", *_argument_lines(letter)]
    history = history_of(letter)
    for life in history.lives:
        lines += ["", *_life_lines(life)]
    for traceback in history.tracebacks:
        lines += ["", *_traceback_lines(traceback)]
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


def _life_lines(life: Life) -> list[str]:
    lines = [life.title]
    if life.replay is not None:
        lines += [f"    {line}" for line in life.replay.note.splitlines()]
    return lines + (
        [_attempt_line(one) for one in life.attempts] or ["    No attempt of it is recorded any more."]
    )


def _attempt_line(one: AttemptOfLife) -> str:
    run = one.run
    worker = f" on {run.worker}" if run.worker else ""
    said = (
        f"    attempt {run.attempt}: {run.outcome}{worker}, {run.finished_at.isoformat(timespec='seconds')}"
    )
    raised = f": {first_line(run)}" if run.error_type or run.error else ""
    return f"{said}{raised}" + (f"  (traceback {one.traceback})" if one.traceback else "")


def _traceback_lines(traceback: Traceback) -> list[str]:
    attempts = "1 attempt" if traceback.attempts == 1 else f"{traceback.attempts} attempts"
    lines = [f"traceback {traceback.number}, of {attempts}:"]
    lines += [f"    {line}" for line in traceback.own.splitlines()]
    if traceback.has_more:
        lines += [
            "  with the frames of libraries:",
            *(f"    {line}" for line in traceback.whole.splitlines()),
        ]
    return lines


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
