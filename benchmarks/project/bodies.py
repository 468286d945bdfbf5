"""The bodies that are measured, the same for every tool; each tells the harness by a file, which costs all the same.

Every body adds one byte to the file that ``HARDY_BENCH_COUNT`` names: its size is how many have run, whatever the tool
records, and however many processes and threads it has (2 µs).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

NAP = 0.01


def nothing(number: int) -> None:
    """Do nothing: all the time it takes is the tool's."""
    _count()


def write(number: int) -> None:
    """Write one row with Django's ORM."""
    from benchmarks.project.models import Row

    Row.objects.create(number=number)
    _count()


def nap(number: int) -> None:
    """Sleep for 10 ms, as if waiting for a vendor."""
    time.sleep(NAP)
    _count()


def stamp(sent: float, file: str) -> None:
    """Write down how many seconds passed from the sender's call to this line."""
    started = time.monotonic()  # one clock for all processes of a machine
    _add_line(file, f"{started - sent:.6f}")


def outlive(file: str) -> None:
    """Hang in the first attempt, to be killed there; return at once in the next one."""
    _add_line(file, f"{os.getsid(0)} {time.monotonic():.6f}")
    if len(Path(file).read_text().splitlines()) == 1:
        time.sleep(600)


BODIES: tuple[Callable[..., None], ...] = (nothing, write, nap, stamp, outlive)


def _count() -> None:
    file = os.open(os.environ["HARDY_BENCH_COUNT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, b".")
    finally:
        os.close(file)


def _add_line(file: str, line: str) -> None:
    with open(file, "a") as lines:
        lines.write(f"{line}\n")
