"""Waiting for what another process does: on a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(
    condition: Callable[[], Value],
    *,
    seconds: float = 30,
    otherwise: str | Callable[[], str] = "it did not happen",
) -> Value:
    """Return the condition's first true value; past the deadline fail with what `otherwise` says."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            said = otherwise() if callable(otherwise) else otherwise
            raise AssertionError(f"after {seconds:g} s: {said}")
        time.sleep(0.05)
    return value


def is_running(pid: int) -> bool:
    """Whether a process lives; one that is dead and only not yet collected by its parent does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
