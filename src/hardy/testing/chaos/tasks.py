"""The numbered task. Its effect is its run in the ledger's history, so it needs nothing of the project."""

from __future__ import annotations

import time

from celery import shared_task


@shared_task(name="hardy.testing.chaos", ignore_result=True)  # type: ignore[untyped-decorator]
def numbered(number: int, seconds: float) -> int:
    """Take ``seconds`` and return ``number``."""
    time.sleep(seconds)
    return number
