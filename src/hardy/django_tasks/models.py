"""What a result of ``django.tasks`` says, and neither job nor history keep: the call, and what it returned."""

from __future__ import annotations

from django.db import models

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, Name


class TaskCall(Table):
    """One call of a Django task, under its job's id. It is written with the job, and pruned with its history."""

    id = Name(max_length=NAME, primary_key=True)
    path = models.CharField(max_length=NAME)
    backend = models.CharField(max_length=NAME)
    queue_name = models.CharField(max_length=NAME)
    priority = models.SmallIntegerField()
    run_after = MomentField(null=True)
    #: ``[args, kwargs]`` as JSON text: PostgreSQL's own JSON takes neither NUL nor NaN, which tasks may be given.
    call = models.TextField()
    enqueued_at = MomentField(db_index=True)
    return_value = models.TextField(default="null")

    def __str__(self) -> str:
        return f"{self.path}[{self.id}]"
