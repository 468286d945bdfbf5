"""Clocks that are wrong: Debian's libfaketime under a process and all its children."""

from __future__ import annotations

import os
from pathlib import Path

#: The variant for processes with threads.
LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
WHY_MISSING = None if LIBRARY else "libfaketimeMT.so.1 not found: apt-get install faketime"


def skewed(seconds: int, path: str) -> dict[str, str]:
    """The environment of a process whose clock is ``seconds`` ahead; its monotonic clock stays true.

    Without libfaketime its clock is true as well.
    """
    if LIBRARY is None:
        return {}
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).with_name("clock")), path]),
    }
