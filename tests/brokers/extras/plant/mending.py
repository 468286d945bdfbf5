"""A task that fails until somebody has mended what it needs."""

from __future__ import annotations

from pathlib import Path

from celery import shared_task
from depot.tasks import Odd


@shared_task(name="plant.needs")
def needs(path: str, name: str) -> str:
    if not Path(path).exists():
        raise Odd(f"{path} is missing")
    return name
