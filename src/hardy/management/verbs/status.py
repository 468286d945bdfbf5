"""`manage.py hardy status`: who works, and what waits."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, TextIO

from hardy.db.clock import present
from hardy.ledger.health import Level
from hardy.ledger.queries import ledger_status
from hardy.management.table import ago, table
from hardy.management.verb import Verb
from hardy.supervisor.project import celery_app_or_placeholder
from hardy.telemetry.objectives import readings
from hardy.telemetry.parts import parts

NO_WORKER = "No worker is alive. Start one: celery -A {app} worker"
ALL_CLEAR = "All clear."
NO_QUEUE = "No task waits, runs or is dead."


class Status(Verb):
    """Show what is wrong, the workers that are alive, each queue, and how objectives are met."""

    name = "status"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        status = asdict(ledger_status())
        status["health"] = [part.as_json() for part in parts()]
        status["objectives"] = [reading.as_json() for reading in readings(present())]
        out.write(json.dumps(status, indent=2, default=str) if options["json"] else readable(status))


def readable(status: dict[str, Any]) -> str:
    told = {
        "HEALTH": health(status["health"]),
        "WORKERS": workers(status["workers"]),
        "QUEUES": queues(status["queues"]),
    }
    if status.get("objectives"):
        told["OBJECTIVES"] = objectives(status["objectives"])
    return "\n\n".join(f"{heading}\n{said}" for heading, said in told.items()) + "\n"


def health(parts: list[dict[str, Any]]) -> str:
    """What is wrong, the worst first, or that nothing is."""
    worst_first = sorted(parts, key=lambda part: -Level[part["status"].upper()])
    return "\n".join(part["text"] for part in worst_first if part["text"]) or ALL_CLEAR


def workers(alive: list[dict[str, Any]]) -> str:
    if not alive:
        return NO_WORKER.format(app=celery_app_or_placeholder())
    headings = ("name", "kind", "pid", "queues", "active", "seen")
    return table(headings, [row_of_worker(worker) for worker in alive])


def row_of_worker(worker: dict[str, Any]) -> tuple[object, ...]:
    seen = f"{ago(worker['seen_seconds_ago'])} ago"
    listening = ",".join(worker["queues"]) or "–"
    return worker["name"], worker["kind"], worker["pid"], listening, worker["active"], seen


def queues(known: list[dict[str, Any]]) -> str:
    if not known:
        return NO_QUEUE
    headings = ("name", "depth", "oldest", "held", "running", "dead", "")
    return table(headings, [row_of_queue(queue) for queue in known])


def objectives(asked: list[dict[str, Any]]) -> str:
    headings = ("name", "target", "5 min", "1 h", "6 h", "late now", "")
    return table(headings, [row_of_objective(one) for one in asked])


def row_of_objective(one: dict[str, Any]) -> tuple[object, ...]:
    late = (_late(one["windows"][window]) for window in ("5m", "1h", "6h"))
    return one["name"], one["target"], *late, one["overdue"], "missed" if one["missed"] else "met"


def _late(window: dict[str, Any]) -> str:
    return f"{window['late']} of {window['jobs']} late" if window["jobs"] else "–"


def row_of_queue(queue: dict[str, Any]) -> tuple[object, ...]:
    counts = queue["held"], queue["running"], queue["dead"]
    paused = "paused" if queue.get("paused_at") else ""
    return queue["name"], queue["depth"], ago(queue["oldest_age_seconds"]), *counts, paused
