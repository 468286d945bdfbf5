"""The admin pages of hardy, where Django looks for them."""

from __future__ import annotations

from hardy.deadletters.admin import DeadLetterAdmin, DecisionAdmin
from hardy.ledger.admin import JobAdmin, LeaseAdmin, RunAdmin, WorkerAdmin
from hardy.schedules.admin import FiringAdmin

__all__ = [
    "DeadLetterAdmin",
    "DecisionAdmin",
    "FiringAdmin",
    "JobAdmin",
    "LeaseAdmin",
    "RunAdmin",
    "WorkerAdmin",
]
