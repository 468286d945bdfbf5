"""One process of `hardy up`: started on a watchdog, stopped gently, started again after a pause that grows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from hardy.supervisor.output import Lines
from hardy.supervisor.processes import Process

WATCHDOG = str(Path(__file__).with_name("watchdog.py"))
#: How long a child may take to stop before it is killed; a worker gives back what it holds well within that.
GRACE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
#: A child that lived this long had started properly: its next death begins with the shortest pause again.
SETTLED_SECONDS = 10.0


class Child:
    """A `Process` as it runs, dies, and runs again."""

    def __init__(self, process: Process, environment: Mapping[str, str]) -> None:
        self.process = process
        self.name = process.name
        self._environment = dict(environment)
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._lines = Lines()
        self._started_at = 0.0
        self._start_at: float | None = None
        self._kill_at: float | None = None
        self._deaths_in_a_row = 0
        self._reloading = False

    def start(self) -> None:
        command = [sys.executable, "-I", WATCHDOG, str(GRACE_SECONDS), *self.process.argv()]
        self._watchdog = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            process_group=0,  # Ctrl-C in the terminal reaches the supervisor alone
        )
        os.set_blocking(self.stdout.fileno(), False)
        self._started_at = time.monotonic()
        self._start_at = self._kill_at = None
        self._reloading = False

    @property
    def stdout(self) -> IO[bytes]:
        if self._watchdog is None or self._watchdog.stdout is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._watchdog.stdout

    @property
    def is_alive(self) -> bool:
        return self._watchdog is not None and self._watchdog.returncode is None

    @property
    def is_due(self) -> bool:
        return self._start_at is not None and time.monotonic() >= self._start_at

    def stop(self) -> None:
        """Ask the command to end; `kill_if_overdue` follows when it does not."""
        if self._watchdog is not None and self._kill_at is None:
            self._watchdog.send_signal(signal.SIGTERM)
            self._kill_at = time.monotonic() + GRACE_SECONDS

    def kill(self) -> None:
        """End the command and everything in its process group."""
        if self._watchdog is not None:
            self._watchdog.send_signal(signal.SIGQUIT)

    def kill_if_overdue(self) -> bool:
        if not self.is_alive or self._kill_at is None or time.monotonic() < self._kill_at:
            return False
        self._kill_at = float("inf")
        self.kill()
        return True

    def reload(self) -> None:
        """Start again with the changed code, at once if it is waiting."""
        self._deaths_in_a_row = 0
        if self.is_alive:
            self.stop()
            self._reloading = True
        else:
            self._start_at = time.monotonic()

    def has_died(self) -> bool:
        """Whether it ended since the last question."""
        return self.is_alive and self._watchdog is not None and self._watchdog.poll() is not None

    def pause_before_restart(self) -> float:
        """Plan the next start and return how many seconds away it is: 0 for a reload, then 1, 2, 4 … 30."""
        lived = time.monotonic() - self._started_at
        self._deaths_in_a_row = 1 if lived >= SETTLED_SECONDS else self._deaths_in_a_row + 1
        pause = 0.0 if self._reloading else min(2.0 ** (self._deaths_in_a_row - 1), LONGEST_PAUSE_SECONDS)
        if self._reloading:
            self._deaths_in_a_row = 0
        self._start_at = time.monotonic() + pause
        return pause

    def how_it_ended(self) -> str:
        code = self._watchdog.returncode if self._watchdog is not None else None
        if code is not None and (code < 0 or code > 128):
            number = -code if code < 0 else code - 128
            with suppress(ValueError):
                return f"was killed by {signal.Signals(number).name}"
        return f"ended with exit code {code}"

    def read(self) -> list[str]:
        """The whole lines that it has written since the last call, without waiting."""
        lines: list[str] = []
        with suppress(BlockingIOError):
            while data := os.read(self.stdout.fileno(), 65536):
                lines += self._lines.feed(data)
        return lines

    def close(self) -> list[str]:
        """Let go of the dead process's pipes, and return what was left in them."""
        lines = self.read() + self._lines.close()
        for pipe in (self._watchdog.stdin, self._watchdog.stdout) if self._watchdog is not None else ():
            if pipe is not None:
                pipe.close()
        return lines
