"""Check-ins of schedules: Sentry alerts when one is missing, and when one ends badly.

A check-in has the id of its job. So whoever ends the job closes it, a process on another machine after a crash too, and
an attempt that is retried leaves it open.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

import celery
import sentry_sdk
from celery.schedules import crontab, maybe_schedule, schedule
from django.apps import apps
from django.utils.text import slugify
from sentry_sdk.crons import capture_checkin

from hardy.cause import SCHEDULE_HEADER
from hardy.db.failures import DATABASE_ERRORS
from hardy.errors import Undecodable
from hardy.ledger.message import decode
from hardy.ledger.models import DeadLetter

logger = logging.getLogger(__name__)

BEAT = "django_celery_beat"
#: Longest name of a monitor.
LONGEST = 50
#: Outcomes that a schedule is fine with.
FINE = ("succeeded", "ignored")
#: Seconds of the units that Sentry knows, the largest first.
UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
#: Minutes that a job may run, and be late, before its monitor says so: the job's own limits, and beat's pause.
MAX_RUNTIME, MARGIN = 30, 5


def begin(task: Any, job: str) -> None:
    """Say that the job of a schedule has begun, if it is one's."""
    name = _entry_of(task, job)
    if name:
        capture_checkin(slug(name), _id(job), "in_progress", monitor_config=monitor(name))


def end(task: Any, job: str, outcome: str) -> None:
    """Say how the job of a schedule has ended, if it is one's."""
    name = _entry_of(task, job) or _entry_of_letter(job, outcome)
    if name:
        capture_checkin(slug(name), _id(job), "ok" if outcome in FINE else "error")


def slug(name: str) -> str:
    """Return the name of an entry's monitor."""
    return slugify(name)[:LONGEST].strip("-_") or uuid.uuid5(uuid.NAMESPACE_OID, name).hex


def monitor(name: str) -> Any:
    """Return how often Sentry should expect the entry; None if it cannot be said, and then the monitor must exist."""
    try:
        plan = _plan(name)
    except DATABASE_ERRORS as error:
        logger.warning("The schedule %s cannot be read (%s)", name, error)
        return None
    when = _written(plan)
    if when is None:
        return None
    zone = str(getattr(plan, "tz", None) or celery.current_app.timezone)
    return {"schedule": when, "timezone": zone, "checkin_margin": MARGIN, "max_runtime": MAX_RUNTIME}


def _written(plan: Any) -> dict[str, Any] | None:
    if isinstance(plan, crontab):
        fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
        return {"type": "crontab", "value": " ".join(str(getattr(plan, f"_orig_{name}")) for name in fields)}
    if isinstance(plan, schedule):
        seconds = plan.run_every.total_seconds()
        unit = next(((unit, size) for unit, size in UNITS if seconds >= size and seconds % size == 0), None)
        if unit is not None:
            return {"type": "interval", "value": int(seconds // unit[1]), "unit": unit[0]}
    return None  # more often than Sentry counts, or by the sun


def _plan(name: str) -> Any:
    app = celery.current_app
    said = (app.conf.beat_schedule or {}).get(name)
    if said is not None:
        return maybe_schedule(said.get("schedule"), app=app)
    if not apps.is_installed(BEAT):
        return None
    row = apps.get_model(BEAT, "PeriodicTask")._default_manager.filter(name=name).first()
    return None if row is None else row.schedule


def _entry_of(task: Any, job: str) -> str:
    request = None if task is None else task.request
    name = request.get(SCHEDULE_HEADER) if request is not None and request.id == job else None
    return name if isinstance(name, str) else ""


def _entry_of_letter(job: str, outcome: str) -> str:
    """A job that ended outside of its task is a dead letter, and that has the message."""
    if outcome in FINE or not sentry_sdk.get_client().is_active():
        return ""
    try:
        text = DeadLetter.objects.filter(job=job).order_by("-id").values_list("message", flat=True).first()
        name = decode(text)["headers"].get(SCHEDULE_HEADER) if text else None
    except (*DATABASE_ERRORS, Undecodable):
        return ""
    return name if isinstance(name, str) else ""


def _id(job: str) -> str:
    try:
        return uuid.UUID(job).hex
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, job).hex
