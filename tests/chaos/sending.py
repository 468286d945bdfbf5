"""The web's side of a trial: one process that lives on and commits the requests it is told to."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Request(NamedTuple):
    """When it began, by the monotonic clock, and how many seconds it took."""

    began: float
    took: float


class Sender:
    """Starts with the first order, and again after it had to be killed."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.log = environment, folder / "sender.log"
        self.process: subprocess.Popen[str] | None = None

    def open(self) -> subprocess.Popen[str]:
        """Return the process once it is ready for orders."""
        if self.process is None:
            with self.log.open("a") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "trial.sender"], env=self.environment, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
            assert self.process.stdout is not None
            assert self.process.stdout.readline() == "ready\n", self.log.read_text()[-2000:]
        return self.process

    def send(self, order: dict[str, Any], patience: float) -> list[Request] | None:
        """Return what each request took, in order; None if that was more than ``patience`` seconds: it is killed."""
        process = self.open()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        readable, *_ = select.select([process.stdout], [], [], patience)
        said = process.stdout.readline() if readable else ""
        if not said:
            self._end(process, patience=0.1)
            return None
        return [Request(*took) for took in json.loads(said)]

    def close(self) -> None:
        """Let it end in good order: what it has not told the broker within its own grace is left to others."""
        if self.process is not None:
            self._end(self.process, patience=10)

    def _end(self, process: subprocess.Popen[str], *, patience: float) -> None:
        self.process = None
        with process:
            try:
                if process.stdin is not None:
                    process.stdin.close()
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
