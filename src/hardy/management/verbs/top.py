"""`manage.py hardy top`: what background work does now, redrawn until Ctrl-C or `q`."""

from __future__ import annotations

import shutil
import time
from argparse import ArgumentParser
from typing import Any, TextIO

from django.db import connections

from hardy.db.failures import DATABASE_ERRORS
from hardy.management.arguments import some_seconds
from hardy.management.frame import frame
from hardy.management.screen import Screen
from hardy.management.verb import Verb

#: Seconds between two looks, unless --every says otherwise; and the fewest.
EVERY, FEWEST = 2.0, 0.5
AWAY = "The database does not answer: {error}\n\nIt is asked again every {every:g} s. Ctrl-C ends this."


class Top(Verb):
    """Watch workers, queues and what runs, live in the terminal; in a pipe, print it once."""

    name = "top"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every", type=some_seconds, default=EVERY, metavar="TIME",
            help=f"how often to look, such as 5s; {EVERY:g}s unless given, at least {FEWEST:g}s",
        )  # fmt: skip

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        if not out.isatty():
            out.write(frame() + "\n")
            return
        every = max(FEWEST, options["every"])
        with Screen(out) as screen:
            while True:
                began = time.monotonic()
                screen.draw(_frame(every), *shutil.get_terminal_size())
                if screen.is_told_to_end_within(max(0.1, every - (time.monotonic() - began))):
                    return


def _frame(every: float) -> str:
    """Return what is to be seen; while the database is away, that."""
    try:
        return frame()
    except DATABASE_ERRORS as error:
        connections.close_all()
        return AWAY.format(error=str(error).strip(), every=every)
