"""Every model of hardy, where Django looks for them."""

from __future__ import annotations

from hardy.dead_letters.models import BrokenChord, Decision
from hardy.django_tasks.models import TaskCall
from hardy.ledger.alarm import Alarm
from hardy.ledger.models import Binding, DeadLetter, Job, Lease, MailboxMessage, Run, Tag, Worker
from hardy.schedules.models import Firing
from hardy.telemetry.models import ObjectiveMinute

__all__ = [
    "Alarm",
    "Binding",
    "BrokenChord",
    "DeadLetter",
    "Decision",
    "Firing",
    "Job",
    "Lease",
    "MailboxMessage",
    "ObjectiveMinute",
    "Run",
    "Tag",
    "TaskCall",
    "Worker",
]
