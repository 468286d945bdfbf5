"""What tasks, hooks and signals leave behind, in the order in which they happened."""

from __future__ import annotations

from typing import Any

from celery import current_task
from django.db import models


class Note(models.Model):
    """One thing that happened in the name of a task."""

    job = models.CharField(max_length=255, db_index=True)
    attempt = models.IntegerField()
    what = models.CharField(max_length=255)
    detail = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.job} {self.what}"


def leave(job: str, what: str, detail: Any = None) -> None:
    """Leave a note, with the attempt that leaves it: a retry may begin before the attempt that asked for it is over."""
    attempt = current_task.request.retries if current_task else 0
    Note.objects.create(job=job, attempt=attempt, what=what, detail=detail)
