"""A question to whoever sits at the terminal, before something is done that has no way back."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from hardy.errors import HardyError


class Declined(HardyError):
    """A person was asked, and said no."""


def ask(question: str, options: dict[str, Any], out: TextIO) -> None:
    """Ask, unless ``--yes`` was given or nobody sits there; anything but yes raises :class:`Declined`."""
    if options["yes"] or not sys.stdin.isatty():
        return
    out.write(f"{question} [y/N] ", ending="")  # type: ignore[call-arg]
    out.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined("Nothing was done.")
