"""What is kept of dead letters besides the letters themselves.

:class:`Decision` is the audit: one row for each letter that a person replayed or discarded, with the whole letter.
:class:`BrokenChord` remembers the parts of a chord that failed, so that replaying the failed part completes it.
"""

from __future__ import annotations

from django.db import models

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, DeadLetter, JobRecord, Name


class Decision(JobRecord):
    """What a person decided about one dead letter, with everything the letter said. Written once, never changed."""

    class Action(models.TextChoices):
        REPLAYED = "replayed", "replayed as it was"
        EDITED = "edited", "edited and replayed"
        DISCARDED = "discarded", "discarded"

    id = models.BigAutoField(primary_key=True)
    #: The letter's id. Unique: of two people who decide about one letter at the same moment, one does.
    letter = models.BigIntegerField(unique=True)
    action = models.CharField(max_length=9, choices=Action.choices)
    by = models.CharField(max_length=NAME, blank=True, default="")
    decided_at = MomentField(db_index=True)
    note = models.TextField(blank=True, default="")
    #: The same for all letters that were decided about in one go.
    batch = models.CharField(max_length=32, db_index=True)
    #: JSON, ``{"args": [before, after], "kwargs": [before, after]}``, of an edited letter.
    changes = models.TextField(blank=True, default="")
    #: Where the replayed job's tokens go on from, so that no attempt of an earlier life can pass for one of this.
    token = models.IntegerField(default=0)
    reason = models.CharField(max_length=11, choices=DeadLetter.Reason.choices)
    attempts = models.IntegerField()
    enqueued_at = MomentField()
    died_at = MomentField()
    message = models.TextField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.task}[{self.job}] {self.action} by {self.by or 'nobody named'}"


class BrokenChord(Table):
    """A chord that ended because a part of it failed: what is needed to let it go on when the part is replayed."""

    group = Name(max_length=NAME, primary_key=True)
    sub_tasks = models.TextField()
    broke_at = MomentField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.group)
