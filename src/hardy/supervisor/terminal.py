"""Takes the keyboard's signals for this process alone while it runs.

`make` treats a Ctrl-C as its own failure and exits with an error, however cleanly its command stopped. While
`hardy up` is the terminal's foreground process group, Ctrl-C reaches it and nobody else, and `make run` ends
with its exit code.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def foreground() -> Iterator[None]:
    """Be the terminal's foreground group in here, and give the terminal back afterwards."""
    starter = os.getpgrp()
    if starter == os.getpid() or not in_front(starter):
        yield
        return
    # Who started us watches its own group and would never learn of our sleep: Ctrl-Z would hang the terminal.
    sleep = signal.signal(signal.SIGTSTP, lambda *_: None)
    os.setpgid(0, 0)
    give_terminal(os.getpgrp())
    try:
        yield
    finally:
        give_terminal(starter)
        signal.signal(signal.SIGTSTP, sleep)


class Keyboard:
    """The keys that a person presses at our terminal, a line at a time."""

    @classmethod
    def of_a_person(cls) -> Keyboard | None:
        """The keyboard, if somebody is at it and types to us."""
        return cls() if in_front(os.getpgrp()) else None

    def fileno(self) -> int:
        return sys.stdin.fileno()

    def enter_was_pressed(self) -> bool:
        """Read what select() has announced; False where it is not meant for us, or was the last."""
        # Whoever reads in the background, after `bg`, is stopped by SIGTTIN.
        return in_front(os.getpgrp()) and self._read()

    def _read(self) -> bool:
        try:
            return bool(os.read(self.fileno(), 1024))
        except OSError:  # the terminal is gone
            return False


def in_front(group: int) -> bool:
    try:
        return os.isatty(sys.stdin.fileno()) and os.tcgetpgrp(sys.stdin.fileno()) == group
    except (OSError, ValueError):  # no standard input, or not our terminal
        return False


def give_terminal(group: int) -> None:
    # SIGTTOU is what a group in the background gets for touching the terminal's settings.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    with suppress(OSError):  # the terminal, or the group that started us, may be gone
        os.tcsetpgrp(sys.stdin.fileno(), group)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
