"""The ledger: jobs that are not finished, runs that are, and every statement that moves a row.

Enqueue, reserve, claim, finish, cancel, purge, rescue. It knows no broker: `delivery` holds what one registers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardy.lazy import names_of

if TYPE_CHECKING:
    from hardy.ledger.cancellation import cancel, reschedule
    from hardy.ledger.jobs import JobFilter
    from hardy.ledger.models import DeadLetter, Job, Run, Worker
    from hardy.ledger.pausing import pause, resume
    from hardy.ledger.queries import ledger_status

__all__ = [
    "DeadLetter", "Job", "JobFilter", "Run", "Worker", "cancel", "ledger_status", "pause", "reschedule", "resume",
]  # fmt: skip

__getattr__ = names_of(
    __name__,
    {
        "DeadLetter": "models",
        "Job": "models",
        "JobFilter": "jobs",
        "Run": "models",
        "Worker": "models",
        "cancel": "cancellation",
        "ledger_status": "queries",
        "pause": "pausing",
        "reschedule": "cancellation",
        "resume": "pausing",
    },
)
