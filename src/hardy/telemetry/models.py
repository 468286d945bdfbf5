"""What is counted for objectives, minute by minute: pages and scrapes read it instead of the history."""

from __future__ import annotations

from django.db import models

from hardy.db.table import Table
from hardy.ledger.models import NAME, Name


class ObjectiveMinute(Table):
    """How many jobs of an objective ended in one minute, and how many of them late."""

    id = models.BigAutoField(primary_key=True)
    objective = Name(max_length=NAME)
    #: Counted from 1970.
    minute = models.BigIntegerField()
    ended = models.IntegerField(default=0)
    late = models.IntegerField(default=0)
    #: Jobs that went on for longer than they may, when the minute was last counted: nothing of them is in the history.
    overdue = models.IntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["objective", "minute"], name="hardy_objective_once"),
        ]

    def __str__(self) -> str:
        return f"{self.objective} in minute {self.minute}"
