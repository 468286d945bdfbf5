"""A pipe for an event loop: rung from anywhere, it ends the loop's sleep and is answered once."""

from __future__ import annotations

import socket
from contextlib import suppress


class WakeUpPipe:
    """A socket that is readable from the first ring until it is answered.

    Kombu's own ``hub.call_soon`` will not do: called from a callback that was itself called soon (as the pool reports
    results), it is run only after the loop has slept for up to a second.
    """

    def __init__(self) -> None:
        self._door, self._button = socket.socketpair()
        self._door.setblocking(False)
        self._button.setblocking(False)
        self._rung = False

    def fileno(self) -> int:
        return self._door.fileno()

    def ring(self) -> None:
        """End the loop's sleep, from any thread; more rings before the answer are one."""
        if not self._rung:
            self._rung = True
            with suppress(BlockingIOError):  # full of rings: it is readable, which is all that counts
                self._button.send(b"\0")

    def answer(self) -> None:
        """Be silent until the next ring."""
        # Cleared before reading: a ring that comes in between is heard once more, not swallowed.
        self._rung = False
        with suppress(BlockingIOError):
            self._door.recv(4096)

    def close(self) -> None:
        self._door.close()
        self._button.close()
