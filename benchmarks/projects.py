"""A stack brought to life: its database and broker, the client process that sends, and workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.stacks import Stack

ROOT = Path(__file__).resolve().parent.parent
#: Seconds a process may take to start, or to stop when asked: a pool child of billiard's may wait 30 s for its parent
#: to read its last result.
PATIENCE = 40.0
CONCURRENCY = 2


class Failed(Exception):
    """A figure could not be measured; the message says why, with the end of the process's log."""


@dataclass(frozen=True)
class Project:
    """The measured project on one stack."""

    stack: Stack
    folder: Path
    environment: dict[str, str]
    client: Client

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A plain ``celery worker`` that consumes already; stopped afterwards, by force if need be."""
        with self.starting_worker() as worker:
            until(worker.ready.exists, PATIENCE, f"{worker.name} did not start: {worker.log_end()}")
            yield worker

    @contextmanager
    def starting_worker(self) -> Iterator[Worker]:
        worker = Worker(self.folder, self.environment)
        try:
            yield worker
        finally:
            worker.stop()

    def scratch(self) -> Path:
        """A file for tasks to write to."""
        return self.folder / f"{uuid.uuid4().hex}.txt"


@contextmanager
def opened(stack: Stack, folder: Path) -> Iterator[Project]:
    """Give ``stack`` a database and a broker of its own, migrated and empty, until the block ends."""
    name = f"hardy_bench_{os.getpid()}_{stack.name.replace('-', '_')}"
    own = folder / stack.name
    own.mkdir()
    with ExitStack() as places:
        database = places.enter_context(servers.own_database(stack.database, name, own))
        broker = places.enter_context(servers.own_broker(stack.broker, name))
        environment = _environment(stack, database, broker)
        client = places.enter_context(Client(own, environment))
        client.ask("migrate")
        yield Project(stack, own, environment, client)


def _environment(stack: Stack, database: str, broker: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CELERY_")}
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "DJANGO_SETTINGS_MODULE": "benchmarks.project.settings",
        "HARDY_BENCH_CELERY": stack.celery,
        "HARDY_BENCH_DATABASE": database,
        "HARDY_BENCH_BROKER": broker,
        "HARDY_BENCH_RECORDS": "yes" if stack.records else "no",
        "HARDY_BENCH_READY": os.devnull,
    }


class Client:
    """The sending process, asked over its standard input."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / "client.log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.project.client"], env=environment, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log.open("w"), start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process, signal.SIGKILL)

    def ask(self, call: str, **arguments: Any) -> Any:
        """Have the client make one call, and return its value."""
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"call": call, **arguments}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"{call} ended the client: {_last_line(self._log)}")
        answer = json.loads(line)
        if "late" in answer:
            raise Failed(f"{call} {answer['late']}")
        return answer["value"]


class Worker:
    """One ``celery worker`` with its pool children, in a process group of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.name = f"worker-{uuid.uuid4().hex[:8]}"
        self.ready = folder / f"{self.name}.ready"
        self._log = folder / f"{self.name}.log"
        command = [sys.executable, "-m", "celery", "-A", "benchmarks.project", "worker", "--loglevel=warning"]
        self._process = subprocess.Popen(
            [*command, f"--concurrency={CONCURRENCY}", f"--hostname={self.name}@%h"],
            env={**environment, "HARDY_BENCH_READY": str(self.ready)}, cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=self._log.open("w"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.pid = self._process.pid

    def kill(self) -> None:
        """Kill the worker and its children with no warning, as a machine that loses power."""
        _end(self._process, signal.SIGKILL)

    def stop(self) -> None:
        """Ask for a warm shutdown; nothing of the group is alive afterwards."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        _end(self._process, signal.SIGKILL)

    def log_end(self) -> str:
        return _last_line(self._log)


def until(condition: Callable[[], Any], seconds: float, otherwise: str) -> None:
    """Wait for a condition; raise `Failed` when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(otherwise)
        time.sleep(0.02)


def _end(process: subprocess.Popen[Any], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
