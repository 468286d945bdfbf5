"""A terminal that is drawn over again and again, and looks afterwards as it did before."""

from __future__ import annotations

import select
import sys
import termios
import time
import tty
from types import TracebackType
from typing import Any, TextIO

#: Control sequences of ECMA-48 and xterm: a screen of one's own and no cursor; and back.
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"

#: Keys that end it.
ENDS = ("q", "Q", "\x1b")


class Screen:
    """The whole terminal, while the block lasts. Keys are read one by one where the input is a terminal too."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._before: Any = None

    def __enter__(self) -> Screen:
        if sys.stdin.isatty():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        self._write(ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._write(LEAVE)
        if self._before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
        return kind is KeyboardInterrupt  # Ctrl-C is how one leaves

    def draw(self, text: str, columns: int, rows: int) -> None:
        """Show as much of ``text`` as there is room for; lines in capitals are headings."""
        lines = [line[:columns] for line in text.splitlines()[: rows - 1]]
        shown = (f"{BOLD}{line}{PLAIN}" if line.isupper() else line for line in lines)
        self._write(HOME + "".join(f"{line}{REST_OF_LINE}\r\n" for line in shown) + REST_OF_SCREEN)

    def is_told_to_end_within(self, seconds: float) -> bool:
        """Wait for so long, or until a key ends it."""
        until = time.monotonic() + seconds
        if self._before is None:
            time.sleep(seconds)
            return False
        while (left := until - time.monotonic()) > 0:
            if select.select([sys.stdin], [], [], left)[0] and sys.stdin.read(1) in ENDS:
                return True
        return False

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
