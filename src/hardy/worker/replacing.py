"""Replacing a pool process that is not fit for another task: it ends once what it has done is reported.

Billiard replaces a process after so many tasks, or beyond so much memory, and has no word for "after this one". A
process that finds nothing more to read where its tasks come from ends in the same place, between two tasks: the result
of the last one is with the parent by then, and what was on its way to the process goes to another.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from billiard.process import current_process

logger = logging.getLogger(__name__)


def replace_this_process(why: str) -> None:
    """Take no more tasks in this process of a prefork pool; other pools go on as they are."""
    reader = _reader_of_tasks()
    if reader is None:
        return
    logger.warning("This process takes no more tasks (%s); another takes its place", why)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nothing, reader.fileno(), inheritable=False)
    finally:
        os.close(nothing)


def _reader_of_tasks() -> Any:
    tasks = getattr(current_process(), "inq", None)
    return getattr(tasks, "_reader", None)
