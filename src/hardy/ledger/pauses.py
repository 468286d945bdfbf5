"""Paused queues: what waits in one is not started until somebody resumes it, on every broker and after any restart.

A pause is a row. Every worker looks once a second which queues have one, and stops consuming those
(`hardy.worker.pausing`): with `hardy://` the jobs stay in the ledger, with a broker its messages stay where they are.
Sending, schedules and retries go on; what they send waits there too.
"""

from __future__ import annotations

from django.db import models

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, Name


class PausedQueue(Table):
    """A queue from which no worker takes anything."""

    queue = Name(max_length=NAME, primary_key=True)
    paused_at = MomentField()
    by = models.CharField(max_length=NAME, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        permissions = [
            ("pause_queue", "Can pause and resume queues"),
            ("purge_queue", "Can purge queues"),
            ("control_worker", "Can shut down workers and restart their pools"),
        ]

    def __str__(self) -> str:
        return f"{self.queue} is paused"


def paused_queues() -> dict[str, PausedQueue]:
    """Return the queues that are paused, by name."""
    return {row.queue: row for row in PausedQueue.objects.order_by("queue")}


def names_of_paused() -> set[str]:
    """Return only their names: what every worker asks once a second."""
    return set(PausedQueue.objects.values_list("queue", flat=True))
