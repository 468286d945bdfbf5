"""Lines of many processes in one terminal, each with its process's name, in its colour if there are any."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

COLOURS = ("36", "33", "35", "32", "34", "96", "93", "95")
SUPERVISOR = "hardy"


class Output:
    """Writes whole lines: ``worker │ task received``."""

    def __init__(self, stream: TextIO, names: Iterable[str], *, coloured: bool) -> None:
        names = [SUPERVISOR, *names]
        self.gone = False
        self._stream = stream
        self._width = max(map(len, names))
        self._colours = dict(zip(names, ("1", *COLOURS * len(names)), strict=False)) if coloured else {}

    def return_carriage(self) -> None:
        """Write the next line over the ^C that a terminal shows for the key."""
        if self._colours and not self.gone:
            self._stream.write("\r")

    def say(self, line: str) -> None:
        """A line of the supervisor's own."""
        self.write(SUPERVISOR, line)

    def write(self, name: str, line: str) -> None:
        if self.gone:
            return
        prefix = f"{name:<{self._width}} │ "
        colour = self._colours.get(name)
        try:
            self._stream.write(f"\x1b[{colour}m{prefix}\x1b[0m{line}\n" if colour else f"{prefix}{line}\n")
            self._stream.flush()
        except OSError:
            self._lose_reader()

    def _lose_reader(self) -> None:
        """The terminal was closed, or the pipe's reader ended: what Python flushes last goes nowhere."""
        self.gone = True
        with suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


def wants_colour(stream: TextIO) -> bool:
    """Colours for a person at a terminal, unless the environment says no (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Lines:
    """Bytes in, whole lines out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [decoded(line) for line in whole]

    def close(self) -> list[str]:
        """The last line, when it had no end."""
        rest, self._rest = self._rest, b""
        return [decoded(rest)] if rest else []


def decoded(line: bytes) -> str:
    return line.rstrip(b"\r").decode(errors="replace")
