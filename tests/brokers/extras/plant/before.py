"""The older release of a task: it takes one argument less. The newer one is in `plant.after`."""

from __future__ import annotations

from celery import shared_task
from depot.tasks import leave


@shared_task(bind=True, name="plant.grown")
def grown(self, name: str) -> str:
    leave(self, name, "before")
    return name


@shared_task(bind=True, name="plant.untyped", typing=False)
def untyped(self, name: str) -> str:
    return name


@shared_task(bind=True, name="plant.sour")
def sour(self, name: str) -> str:
    """Fit, and fail in the body with the error that a mismatch has."""
    leave(self, name)
    return leave()
