"""The tasks that are measured. What they tell the harness goes into files, which costs every stack the same."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import shared_task


@shared_task
def nothing(number: int) -> None:
    """Do nothing: all the time it takes is the stack's."""


@shared_task
def stamp(sent: float, file: str) -> None:
    """Write down how many seconds passed from the sender's call to this line."""
    started = time.monotonic()  # one clock for all processes of a machine
    _add_line(file, f"{started - sent:.6f}")


@shared_task
def outlive(file: str) -> None:
    """Hang in the first attempt, to be killed there; return at once in the next one."""
    _add_line(file, f"{os.getppid()} {time.monotonic():.6f}")
    if len(Path(file).read_text().splitlines()) == 1:
        time.sleep(600)


def _add_line(file: str, line: str) -> None:
    with open(file, "a") as lines:
        lines.write(f"{line}\n")
