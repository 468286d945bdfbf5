"""What is wrong now, and what will be: parts of background work, system checks, the production checklist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import checks
from django.http import HttpRequest, HttpResponse

from hardy.checks import TAG
from hardy.conf import settings
from hardy.dashboard.access import May, page
from hardy.dashboard.rendering import render
from hardy.ledger.queries import live_workers
from hardy.telemetry.parts import Part, parts

#: Why each part matters, and how it is put right.
PARTS = {
    "database": (
        "It holds every job: without it nothing is sent, starts or ends.",
        "Look at the database server first. Workers wait for it and go on by themselves; do not restart them.",
    ),
    "workers": (
        "Nothing runs until one is there. Nothing is lost meanwhile.",
        "Start one: celery -A config worker. If it ends at once, the end of its log says why.",
    ),
    "queues": (
        "What waits there starts late, or never.",
        "A queue that nobody reads: add it to a worker's -Q, or mend the route. One that is behind: more workers, or"
        " look on the page Tasks what runs for so long. One that is paused: resume it on the page Queues.",
    ),
    "publishing": (
        "Jobs are in the ledger, and no worker hears of them.",
        "With a broker: see that it runs, answers and has room. On hardy://: see that a worker or beat process runs.",
    ),
    "duties": (
        "They promote, recover and prune; without them jobs of dead workers are not started again.",
        "Look for errors named after the duty in the logs of workers, and restart one worker.",
    ),
    "schedules": (
        "What should have been sent by now was not.",
        "Start a beat process: celery -A config beat. Two are safe: each schedule fires once.",
    ),
    "objectives": (
        "More jobs are late than the project allows itself.",
        "Look at the page Queues for what waits, and on the overview for the slowest tasks.",
    ),
    "dead letters": (
        "Each is a task that will not run again by itself.",
        "Look at the page Errors: mend the cause, then replay; or discard with a note.",
    ),
}
LEVELS = {checks.ERROR: "wrong", checks.WARNING: "warning"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: how bad it is, what it is, why it matters, how to put it right; and the check that found it."""

    status: str
    what: str
    why: str
    fix: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the production checklist: met, not met, or (None) not to be seen from here."""

    title: str
    is_met: bool | None
    said: str


@page()
def doctor_page(request: HttpRequest, may: May) -> HttpResponse:
    """Everything that is wrong, live."""
    found = parts()
    checked = check()
    findings = [*_of_parts(found), *checked]
    context: dict[str, Any] = {
        "findings": sorted(findings, key=lambda finding: ("wrong", "warning", "fine").index(finding.status)),
        "fine": [part.name for part in found if not part.text],
        "checklist": checklist(checked),
    }
    return render(request, may, "doctor", context)


def check() -> list[Finding]:
    """Return what hardy's system checks find here, those of a deployment too; what is silenced stays silent."""
    said = checks.run_checks(tags=[TAG], include_deployment_checks=True)
    return [
        Finding(LEVELS.get(message.level, "fine"), message.msg, "", message.hint or "", message.id or "")
        for message in said
        if not message.is_silenced()
    ]


def checklist(checked: Sequence[Finding]) -> list[Item]:
    """Return the lines of the production checklist that this process can see, and the one that it cannot."""
    found = {finding.id.removeprefix("hardy.") for finding in checked}
    workers = live_workers()
    beats = sum(worker.kind == "beat" for worker in workers)
    running = len(workers) - beats
    return [
        Item(
            "Workers are started again when they end",
            None,
            f"{running} run{'s' if running == 1 else ''} now. Who starts them again (systemd, Kubernetes) cannot be"
            " seen from here: kill one and look whether it comes back.",
        ),
        Item(
            "Tasks of a killed worker run again",
            "W006" not in found,
            "Acknowledged late, and kept in the ledger.",
        ),
        Item(
            "Long tasks are shared out fairly", "I001" not in found, "A worker fetches no more than it runs."
        ),
        Item("Queues are apart by urgency", "I002" not in found, "Tasks are routed to more than one queue."),
        Item(
            "A soft time limit comes before the hard one",
            not {"W002", "W004", "W005", "W013"} & found,
            "A task that hangs gives its process back, and hears of it first.",
        ),
        Item("Failures are heard of", "W010" not in found, "Sentry, or a receiver of task_failure."),
        Item(
            "Somebody is alerted when dead letters pile up",
            settings.DEAD_ALERT is not None,
            'HARDY["DEAD_ALERT"] names whom, by mail or webhook.',
        ),
        Item(
            "Schedules fire once",
            beats > 0 or None,
            f"{beats} beat process{'' if beats == 1 else 'es'} now; any number is safe, none fires nothing.",
        ),
    ]


def _of_parts(found: Sequence[Part]) -> list[Finding]:
    return [Finding(part.level.word, part.text, *PARTS[part.name], part.name) for part in found if part.text]
