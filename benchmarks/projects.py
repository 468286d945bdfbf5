"""A stack brought to life: its database and broker, the client process that sends, and workers."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes, servers
from benchmarks.environments import python_of
from benchmarks.stacks import Stack

ROOT = Path(__file__).resolve().parent.parent
#: Seconds a worker may take until it has run its first task.
PATIENCE = 60.0


class Failed(Exception):
    """A figure could not be measured; the message says why, with the end of the process's log."""


@dataclass(frozen=True)
class Project:
    """The measured project on one stack."""

    stack: Stack
    folder: Path
    environment: dict[str, str]
    client: Client

    def clear(self) -> None:
        """Empty every table, the queue, and what the broker keeps."""
        self.client.ask("clear")
        if self.stack.broker == "redis":
            servers.empty_redis(self.environment["HARDY_BENCH_BROKER"])

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A worker that has run a task already; stopped afterwards."""
        with self.starting_worker() as worker:
            until(lambda: self._has_run_one(worker), PATIENCE, f"no task ran: {worker.log_end()}", pause=0.2)
            yield worker

    @contextmanager
    def starting_worker(self) -> Iterator[Worker]:
        worker = Worker(self.stack, self.folder, self.environment)
        try:
            yield worker
        finally:
            worker.stop()

    def scratch(self) -> Path:
        """A file for tasks to write to."""
        return self.folder / f"{uuid.uuid4().hex}.txt"

    def _has_run_one(self, worker: Worker) -> bool:
        # Sent again every time: beside another worker that one may have taken it.
        self.client.ask("send", task="nothing", tasks=1)
        return worker.done() > 0


@contextmanager
def opened(stack: Stack, folder: Path, redis: Callable[[], str]) -> Iterator[Project]:
    """Give ``stack`` an environment, a database and a broker of its own, migrated and empty, until the block ends."""
    name = f"hardy_bench_{os.getpid()}_{stack.name.replace('-', '_')}"
    python = python_of(stack.environment)
    own = folder / stack.name
    own.mkdir()
    with ExitStack() as places:
        database = places.enter_context(servers.own_database(stack.database, name, own))
        broker = places.enter_context(servers.own_broker(stack.broker, name, redis))
        environment = _environment(stack, python, database, broker)
        environment["TMPDIR"] = str(own)  # what a killed worker leaves there goes with the folder
        client = places.enter_context(Client(own, environment))
        client.ask("migrate")
        yield Project(stack, own, environment, client)


def _environment(stack: Stack, python: str, database: str, broker: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CELERY_")}
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "DJANGO_SETTINGS_MODULE": "benchmarks.project.settings",
        "HARDY_BENCH_PYTHON": python,
        "HARDY_BENCH_TOOL": stack.tool,
        "HARDY_BENCH_APPS": " ".join(stack.apps),
        "HARDY_BENCH_CELERY": stack.celery,
        "HARDY_BENCH_DATABASE": database,
        "HARDY_BENCH_BROKER": broker,
        "HARDY_BENCH_TUNED": "yes" if stack.tuned else "no",
        "HARDY_BENCH_RECORDS": "yes" if stack.records else "no",
        "HARDY_BENCH_COUNT": os.devnull,
    }


class Client:
    """The sending process, asked over its standard input."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / "client.log"
        self._process = subprocess.Popen(
            [environment["HARDY_BENCH_PYTHON"], "-m", "benchmarks.project.client"], env=environment, cwd=ROOT,
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log.open("w"),
            start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, call: str, **arguments: Any) -> Any:
        """Have the client make one call, and return its value."""
        assert self._process.stdin and self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"call": call, **arguments}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"{call} ended the client: {_last_line(self._log)}")
        return json.loads(line)["value"]


class Worker:
    """A stack's worker processes with all their children; what they do is counted in a file of this worker's own."""

    def __init__(self, stack: Stack, folder: Path, environment: dict[str, str]) -> None:
        self.name = f"worker-{uuid.uuid4().hex[:8]}"
        self._count = folder / f"{self.name}.count"
        self._log = folder / f"{self.name}.log"
        self._count.touch()
        command = [environment["HARDY_BENCH_PYTHON"], *stack.command]
        if stack.tool == "celery":
            command.append(f"--hostname={self.name}@%h")
        self._processes = [
            subprocess.Popen(
                command, env={**environment, "HARDY_BENCH_COUNT": str(self._count)}, cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=self._log.open("a"), stderr=subprocess.STDOUT, start_new_session=True,
            )
            for _ in range(stack.copies)
        ]  # fmt: skip
        self.sessions = {process.pid for process in self._processes}

    def done(self) -> int:
        """How many tasks have run here."""
        return self._count.stat().st_size

    def stop(self) -> None:
        """End all processes with no warning, as a machine that loses power: what is measured is over."""
        processes.kill(self.sessions)
        for process in self._processes:
            process.wait()

    kill = stop

    def log_end(self) -> str:
        return _last_line(self._log)


def until(condition: Callable[[], Any], seconds: float, otherwise: str, pause: float = 0.02) -> None:
    """Wait for a condition; raise `Failed` when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(otherwise)
        time.sleep(pause)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
