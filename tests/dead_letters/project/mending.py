"""Tasks for the project of the acceptance tests: they fail until someone has mended what they need."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from celery import shared_task


@shared_task(bind=True, name="depot.need")
def need(self: Any, path: str, number: int = 0) -> int:
    """Leave an effect and return the number, if the file is there."""
    from depot.tasks import Odd, leave

    if not Path(path).exists():
        raise Odd(f"{path} is missing")
    leave(self, "mended", str(number))
    return number


@shared_task(bind=True, name="depot.hang_until")
def hang_until(self: Any, path: str) -> None:
    """Begin, and end once the file is there."""
    from depot.tasks import leave

    leave(self, "begun")
    while not Path(path).exists():
        time.sleep(0.02)
