"""A task that only a newer release knows."""

from __future__ import annotations

from celery import shared_task

from trial.models import Mark
from trial.tasks import note


@shared_task(name="trial.newer")
def newer(number: int) -> None:
    note("start", number)
    Mark.objects.create(what="done", number=number)
    note("end", number)
