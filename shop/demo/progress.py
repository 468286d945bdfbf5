"""The progress bar: one line that moves on a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

WIDTH = 24
FULL, EMPTY = "█", "░"
LINE_EVERY_SECONDS = 10.0


class Progress:
    """`show` as often as one likes: it writes as often as it makes sense."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._moves = out.isatty()
        self._next_line_at = 0.0
        self._shown = ""

    def show(self, part: float, words: str) -> None:
        if self._moves:
            self._redraw(f"{bar(part)} {words}")
        elif time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + LINE_EVERY_SECONDS
            self.say(f"{min(part, 1):4.0%} {words}")

    def say(self, words: str) -> None:
        """A line that stays."""
        self.clear()
        self._out.write(f"{words}\n")
        self._out.flush()

    def clear(self) -> None:
        if self._shown:
            self._redraw("")

    def _redraw(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]
        self._out.write(f"\r{line.ljust(len(self._shown))}\r{line}")
        self._out.flush()
        self._shown = line


def bar(part: float) -> str:
    full = round(WIDTH * max(0.0, min(part, 1.0)))
    return FULL * full + EMPTY * (WIDTH - full)
