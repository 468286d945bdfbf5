"""The newer release of a task, which takes one argument more than that in `plant.before`."""

from __future__ import annotations

from celery import shared_task
from depot.tasks import leave


@shared_task(bind=True, name="plant.grown")
def grown(self, name: str, detail: str) -> str:
    leave(self, name, detail)
    return name
