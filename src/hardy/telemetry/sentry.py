"""Sentry: ``sentry_sdk.init(..., integrations=[HardyIntegration()])``.

One issue for each fault and not for each attempt, with what the ledger knows of the task; jobs that died without an
exception that anybody could have reported; and check-ins for schedules.
"""

from __future__ import annotations

from typing import Any

from celery import signals
from celery._state import get_current_task

from hardy import events
from hardy.ledger import failure
from hardy.telemetry.check_ins import begin, end
from hardy.telemetry.extras import require
from hardy.telemetry.last_words import say_last_words
from hardy.telemetry.logs import facts

require("sentry_sdk", "sentry")

import sentry_sdk  # noqa: E402 - after the sentence that says what is missing
from sentry_sdk.integrations import Integration  # noqa: E402
from sentry_sdk.scope import add_global_event_processor  # noqa: E402

#: Why a job died where no exception was raised in a process that could report one.
UNREPORTED = {
    "crashed": "ended its worker too often",
    "timed out": "exceeded its hard time limit",
    "unknown": "is a task that no worker knows",
    "mismatch": "was sent with arguments that no worker's task takes",
    "undecodable": "cannot be read",
    "unsigned": "is not signed by this project",
}


class HardyIntegration(Integration):
    """Tells Sentry what hardy knows. ``retries=True`` reports attempts that are retried too, as warnings.

    ``check_ins=False`` leaves schedules to somebody else, such as Sentry's own integration of Celery with
    ``monitor_beat_tasks``.
    """

    identifier = "hardy"

    def __init__(self, *, retries: bool = False, check_ins: bool = True) -> None:
        self.retries, self.check_ins = retries, check_ins

    @staticmethod
    def setup_once() -> None:
        add_global_event_processor(_enrich)
        events.job_started.connect(_started, weak=False, dispatch_uid="hardy.sentry")
        events.job_finished.connect(_finished, weak=False, dispatch_uid="hardy.sentry")
        events.job_died.connect(_died, weak=False, dispatch_uid="hardy.sentry")
        signals.task_retry.connect(_retried, weak=False, dispatch_uid="hardy.sentry")
        say_last_words(_flush, "sentry")


def _installed() -> HardyIntegration | None:
    return sentry_sdk.get_client().get_integration(HardyIntegration)


def _enrich(event: Any, hint: Any) -> Any:
    """Add to an event what is known of the task it comes from; the ledger's fingerprint makes it that of its fault."""
    known = facts()
    if event.get("type") is not None or not known or _installed() is None:
        return event
    event.setdefault("contexts", {}).setdefault(
        "hardy", {**known, "look": f"hardy runs --id {known['task_id']}"}
    )
    tags = event.setdefault("tags", {})
    if isinstance(tags, dict):
        for name in ("task_name", "task_queue", "request_id"):
            if known[name]:
                tags.setdefault(name, known[name])
    if known["user_id"]:
        event.setdefault("user", {}).setdefault("id", known["user_id"])
    _, error, _ = (hint or {}).get("exc_info") or (None, None, None)
    if isinstance(error, BaseException) and not event.get("fingerprint"):
        event["fingerprint"] = [failure.fingerprint_of(error, task=known["task_name"])]
    return event


def _started(sender: str | None, job: str, attempt: int, **_: Any) -> None:
    installed = _installed()
    if installed is not None and installed.check_ins and attempt == 1:
        begin(get_current_task(), job)


def _finished(sender: str | None, job: str, outcome: str, **_: Any) -> None:
    installed = _installed()
    if installed is not None and installed.check_ins:
        end(get_current_task(), job, outcome)


def _died(sender: str | None, job: str, reason: str, error: str, **_: Any) -> None:
    """Report what nobody else can: no process was left that had raised anything."""
    if _installed() is None or reason not in UNREPORTED:
        return
    task = sender or "a message without a task"
    sentry_sdk.capture_event(
        {
            "message": f"{task} {UNREPORTED[reason]}",
            "level": "error",
            "fingerprint": ["hardy", task, reason],
            "tags": {"task_name": task, "dead_letter": reason},
            "contexts": {"hardy": {"task_id": job, "error": error, "look": f"hardy dead show {job}"}},
        }
    )


def _retried(sender: Any, reason: Any, **_: Any) -> None:
    installed = _installed()
    cause = getattr(reason, "exc", None)
    if installed is not None and installed.retries and isinstance(cause, BaseException):
        with sentry_sdk.new_scope() as scope:
            scope.set_level("warning")
            sentry_sdk.capture_exception(cause)


def _flush(within: float) -> None:
    """A pool process ends without the interpreter's last hooks, which would do this."""
    if _installed() is not None:
        sentry_sdk.flush(within)
