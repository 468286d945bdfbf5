"""The admin pages of hardy, where Django looks for them."""

from __future__ import annotations

from hardy.admin.dead_letters import DeadLetterAdmin, DecisionAdmin
from hardy.admin.ledger import JobAdmin, LeaseAdmin, RunAdmin, WorkerAdmin
from hardy.admin.schedules import FiringAdmin

__all__ = [
    "DeadLetterAdmin",
    "DecisionAdmin",
    "FiringAdmin",
    "JobAdmin",
    "LeaseAdmin",
    "RunAdmin",
    "WorkerAdmin",
]
