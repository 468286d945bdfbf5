"""Every model of hardy, where Django looks for them."""

from __future__ import annotations

from hardy.dead_letters.models import BrokenChord, Decision
from hardy.django_tasks.models import TaskCall
from hardy.ledger.alarm import Alarm
from hardy.ledger.audit import AuditEntry
from hardy.ledger.models import DeadLetter, Job, Lease, Run, Tag, Worker
from hardy.ledger.pauses import PausedQueue
from hardy.schedules.models import Firing
from hardy.telemetry.models import ObjectiveMinute
from hardy.transport.models import Binding, MailboxMessage

__all__ = [
    "Alarm",
    "AuditEntry",
    "Binding",
    "BrokenChord",
    "DeadLetter",
    "Decision",
    "Firing",
    "Job",
    "Lease",
    "MailboxMessage",
    "ObjectiveMinute",
    "PausedQueue",
    "Run",
    "Tag",
    "TaskCall",
    "Worker",
]
