"""What each page answers to ``Accept: application/json``: what it shows, in the words of `manage.py hardy … --json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hardy.dashboard.access import May
from hardy.dashboard.schemas import (
    Audit,
    AuditLine,
    Bar,
    Contrast,
    Doctor,
    Error,
    Fault,
    Finding,
    Item,
    Kind,
    Kinds,
    Letter,
    Letters,
    OneFault,
    Overview,
    Queue,
    Queues,
    Schedule,
    Schedules,
    Task,
    TaskFigures,
    Tasks,
    Worker,
    Workers,
)
from hardy.dead_letters import presenters as letters
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.ledger.overview import QueueOverview
from hardy.ledger.presenters import job_as_json, run_as_json
from hardy.records.durations import PERCENTILES, Durations, percentile
from hardy.records.fault_presenters import contrast_as_json, fault_as_json
from hardy.records.outcomes import Span

Context = Mapping[str, Any]


def overview(context: Context, may: May) -> Overview:
    now, worst = context["now"], context["worst_tasks"]
    return {
        "health": {"status": context["health"].level.word, "text": context["health"].text},
        "queues": [queue(line) for line in context["queues"]],
        "dead": now.dead.number,
        "outbox_lag_seconds": round(now.outbox_lag_seconds, 3),
        "chart": [bar(span, took) for span, took in zip(context["spans"], context["durations"], strict=True)],
        "releases": [{"name": one.name, "first": one.first.isoformat()} for one in context["releases"]],
        "slowest": [figures(task) for task in worst.slowest] if worst else [],
        "most_failing": [figures(task) for task in worst.failing] if worst else [],
    }


def tasks(context: Context, may: May) -> Tasks:
    rows = context["found"]
    return {
        "jobs": [job_as_json(row) for row in rows if isinstance(row, Job)],
        "letters": [letters.as_json(row) for row in rows if isinstance(row, DeadLetter)],
        "runs": [run_as_json(row) for row in rows if isinstance(row, Run)],
        "next": context["next"],
        "is_partial": context["is_partial"],
        "notes": list(context["notes"]),
    }


def task(context: Context, may: May) -> Task:
    job = context["job"]
    return {
        "id": context["id"],
        "job": job_as_json(job) if job else None,
        "why_waiting": list(context["why"]),
        "letters": [letters.as_json(letter) for letter in context["letters"]],
        "runs": [run_as_json(run, full=may.arguments) for run in context["runs"]],
        "arguments": context["arguments"] if may.arguments else None,
        "tags": list(context["tags"]) if may.arguments else None,
    }


def errors(context: Context, may: May) -> Kinds:
    kinds: list[Kind] = [
        {**line["kind"]._asdict(), "first": written(line["kind"].first), "last": written(line["kind"].last)}  # type: ignore[typeddict-item]
        for line in context["kinds"]
    ]
    found: list[Fault] = [fault_as_json(line["fault"]) for line in context["faults"]]  # type: ignore[misc]
    return {"kinds": kinds, "faults": found, "notes": list(context["notes"])}


def fault(context: Context, may: May) -> OneFault | Error:
    if "line" not in context:
        return {"error": "No attempt ended with such an error, or none that is kept."}
    found: Fault = fault_as_json(context["line"]["fault"])  # type: ignore[assignment]
    compared: Contrast | None = contrast_as_json(context["compared"]) if context["compared"] else None  # type: ignore[assignment]
    return {
        "fault": found, "contrast": compared, "runs": [run_as_json(run) for run in context["runs"]],
        "notes": list(context["notes"]),
    }  # fmt: skip


def kind(context: Context, may: May) -> Letters:
    found: list[Letter] = [
        {
            "letter": int(letter["pk"]), "job": letter["job"], "error": letter["error"],
            "died_at": letter["moment"].isoformat(), "attempts": letter["attempts"],
        }
        for letter in context["letters"]
    ]  # fmt: skip
    count = context["count"]
    return {
        "count": count.number, "is_capped": count.more, "letters": found, "next": context["next"],
        "notes": list(context["notes"]),
    }  # fmt: skip


def queues(context: Context, may: May) -> Queues:
    return {"queues": [queue(line) for line in context["queues"]]}


def one_queue(context: Context, may: May) -> Queue:
    return queue(context["line"])


def workers(context: Context, may: May) -> Workers:
    found: list[Worker] = [
        {**asdict(row["worker"]), "jobs": [job_as_json(job) for job in row["jobs"]]}  # type: ignore[typeddict-item]
        for row in context["workers"]
    ]
    return {"workers": found}


def schedules(context: Context, may: May) -> Schedules:
    found: list[Schedule] = [
        {
            "name": entry.name, "task": entry.task, "words": entry.words, "enabled": entry.enabled,
            "in_code": entry.in_code, "last_run_at": written(entry.last_run_at),
            "upcoming": [moment.isoformat() for moment in entry.upcoming],
        }
        for entry in (line["entry"] for line in context["entries"])
    ]  # fmt: skip
    return {"entries": found}


def audit(context: Context, may: May) -> Audit:
    lines: list[AuditLine] = [row["line"].as_json() for row in context["lines"]]
    return {"lines": lines, "next": context["next"], "notes": list(context["notes"])}


def doctor(context: Context, may: May) -> Doctor:
    findings: list[Finding] = [asdict(finding) for finding in context["findings"]]  # type: ignore[misc]
    items: list[Item] = [asdict(item) for item in context["checklist"]]  # type: ignore[misc]
    return {"findings": findings, "checklist": items}


def missing(context: Context, may: May) -> Error:
    return {
        "error": f"The ledger knows no task with the id {context['id']}."
        if context["id"]
        else "No id was given."
    }


def no_queue(context: Context, may: May) -> Error:
    return {"error": f"No job is in a queue {context['name']}, and no worker reads one."}


def queue(line: Mapping[str, Any]) -> Queue:
    now: QueueOverview = line["queue"]
    counts = now.waiting, now.later, now.running
    return {
        "name": now.name,
        "depth": now.waiting.number,
        "oldest_age_seconds": None if now.oldest_seconds is None else round(now.oldest_seconds, 1),
        "held": now.later.number,
        "running": now.running.number,
        "is_capped": any(count.more for count in counts),
        "paused_at": written(now.paused.paused_at) if now.paused else None,
        "paused_by": now.paused.by if now.paused else None,
        "done_per_minute": line["per_minute"],
        "drained_in_seconds": line["drain_seconds"],
        "workers": line["readers"],
    }


def bar(span: Span, took: Durations) -> Bar:
    return {
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "outcomes": None if span.outcomes is None else dict(span.outcomes),
        "wait_seconds": {f"p{percent}": percentile(took.waits, percent) for percent in PERCENTILES},
        "run_seconds": {f"p{percent}": percentile(took.runs, percent) for percent in PERCENTILES},
    }


def figures(task: Any) -> TaskFigures:
    return {
        "task": task.task, "attempts": task.attempts, "failed": task.failed,
        "mean_seconds": round(task.mean, 3), "longest_seconds": round(task.longest, 3),
    }  # fmt: skip


def written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


#: The answer of each page, by its template's name. What only asks a person has none.
ANSWERS: dict[str, Callable[[Context, May], Any]] = {
    "overview": overview, "tasks": tasks, "task": task, "missing": missing, "errors": errors, "fault": fault,
    "kind": kind, "queues": queues, "queue": one_queue, "no_queue": no_queue, "workers": workers,
    "schedules": schedules, "audit": audit, "doctor": doctor,
}  # fmt: skip
