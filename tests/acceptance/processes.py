"""Processes of the project: started in a group of their own, with a log, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import until

#: Set by coverage for the processes that a measured one starts.
MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ


class Process:
    """One process with all its children, and what they print."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        *,
        talks: bool = False,
    ) -> None:
        self.name = name
        self.log_file = folder / f"{name}.log"
        pipe = subprocess.PIPE if talks else None
        with self.log_file.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, *arguments], env=environment, stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or log, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def has_ended(self) -> bool:
        return self.popen.poll() is not None

    def wait_for(self, text: str, *, seconds: float = 30, times: int = 1) -> None:
        """Return once the log has `text`."""

        def said() -> bool:
            return self.log.count(text) >= times or self.has_ended

        until(said, seconds=seconds, otherwise=f"{self.name} does not say {text!r}")
        assert self.log.count(text) >= times, (
            f"{self.name} ended without saying {text!r}, with: {self._last_words}"
        )

    @property
    def _last_words(self) -> str:
        return " ".join(self.log.split()[-40:])

    def exit_code(self, *, seconds: float = 30) -> int:
        """Return the exit code, once the process has ended."""
        until(lambda: self.has_ended, seconds=seconds, otherwise=f"{self.name} does not end")
        return int(self.popen.returncode)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.popen.send_signal(number)

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the process and all its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would, children too."""
        self.signal_all(signal.SIGKILL)
        self.popen.wait(10)

    def dismiss(self) -> None:
        """Let it end in good order while its coverage is measured: a killed process writes none."""
        if MEASURED and not self.has_ended:
            self.signal_all(signal.SIGCONT)  # a stopped process hears nothing
            self.signal(signal.SIGTERM)

    def reap(self) -> None:
        """Leave nothing behind, however it ended."""
        if MEASURED:
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(5)
        self.kill()


class Desk(Process):
    """A process of the project that runs the Python it is sent; see `depot.desk`."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        super().__init__("desk", ["-m", "depot.desk"], environment, folder, talks=True)

    def run(self, source: str, **names: object) -> Any:
        """Run statements in the project; return the value of the last one."""
        assert self.popen.stdin is not None and self.popen.stdout is not None
        self.popen.stdin.write(json.dumps({"source": source, "names": names}) + "\n")
        self.popen.stdin.flush()
        answer = json.loads(self.popen.stdout.readline() or '{"error": "the desk ended"}')
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def dismiss(self) -> None:
        for pipe in (self.popen.stdin, self.popen.stdout):
            assert pipe is not None
            pipe.close()
