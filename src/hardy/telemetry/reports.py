"""How pool children tell their worker what they have measured: lines in a pipe that was there before they were.

A line is written in one piece or not at all (POSIX: up to PIPE_BUF bytes), so a child that is killed leaves nothing
half said, and what it had said is counted in the worker, which lives on. A child never waits for its worker: what finds
the pipe full goes with the next report.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

#: Reports kept while the pipe is full.
KEPT = 10_000
#: Room for about 8,000 reports on Linux, where a pipe may be enlarged; else it has what it has.
ROOM = 1 << 20
#: Seconds that a process waits, when it ends, for its last reports to be taken.
LAST_WORDS = 1.0

Report = list[Any]


class Reports:
    """A pipe with the worker at one end. ``receive`` is called there, in a thread, with each report."""

    def __init__(self, receive: Callable[[Report], None]) -> None:
        self._receive = receive
        self._owner = os.getpid()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._enlarge()
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        self._rest = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name="hardy-reports", daemon=True)
        self._thread.start()

    @property
    def is_ours(self) -> bool:
        """Whether this is the worker itself, and not a child of it."""
        return os.getpid() == self._owner

    def send(self, report: Report) -> None:
        """Report to the worker, from whichever process this is."""
        if self.is_ours:
            self._receive(report)
            return
        line = json.dumps(report).encode() + b"\n"
        if len(line) <= select.PIPE_BUF:
            self._kept.append(line)
        self.flush()

    def flush(self, within: float = 0.0) -> None:
        """Write what there is room for; wait up to ``within`` seconds for room for all of it."""
        while self._kept:
            try:
                os.write(self._writer, self._kept[0])
            except BlockingIOError:
                if not within or not select.select([], [self._writer], [], within)[1]:
                    return
                within /= 2
            except OSError:  # the worker is gone, and its numbers with it
                self._kept.clear()
            else:
                self._kept.popleft()

    def drain(self) -> None:
        """Receive what is in the pipe now."""
        while data := self._read():
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line)

    def close(self) -> None:
        self._over.set()
        self._thread.join(LAST_WORDS)
        if self.is_ours:
            self.drain()
        os.close(self._reader)
        os.close(self._writer)

    def _read_on(self) -> None:
        while not self._over.is_set():
            # Not a blocking read: under gevent and eventlet a thread is a greenlet, and would stop all others.
            if select.select([self._reader], [], [], 0.5)[0]:
                self.drain()

    def _read(self) -> bytes:
        try:
            return os.read(self._reader, 65_536)
        except (BlockingIOError, OSError):
            return b""

    def _take(self, line: bytes) -> None:
        try:
            self._receive(json.loads(line))
        except Exception:  # one report that is none must not end all others
            logger.exception("A report of a pool process was not understood: %r", line[:100])

    def _enlarge(self) -> None:
        try:
            fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, ROOM)  # type: ignore[attr-defined, unused-ignore]
        except (AttributeError, OSError):
            return
