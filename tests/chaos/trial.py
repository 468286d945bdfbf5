"""One stack on trial: its database, broker, workers and sender, and what became of what was asked."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.acceptance.processes import Process
from tests.brokers.proxy import Proxy
from tests.chaos.clocks import skewed
from tests.chaos.journal import Journal
from tests.chaos.sending import Request, Sender
from tests.chaos.servers import PostgreSQL
from tests.chaos.stacks import Stack
from tests.waiting import until

PROJECT = Path(__file__).with_name("project")
PATH = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)

#: Seconds without a start or an end after which stock Celery, with nothing left in its broker, is done.
QUIET = 12.0


class Trial:
    def __init__(
        self, stack: Stack, server: PostgreSQL, database: str, broker: Any, proxy: Proxy | None, folder: Path
    ) -> None:
        self.stack, self.server, self.broker, self.proxy, self.folder = stack, server, broker, proxy, folder
        self.queue = f"trial-{uuid.uuid4().hex[:6]}"
        self._database_url = f"{server.url.rpartition('/')[0]}/{database}"
        self._connection: psycopg.Connection[Any] | None = None
        self.journal = Journal(folder / "journal")
        self.workers: dict[str, Process] = {}
        self._starts: dict[str, Callable[[], None]] = {}
        #: How often a worker ended that nobody had killed.
        self.exits = 0
        self.next_number = 0
        self.random = random.Random(4)
        self.environment = {
            **os.environ,
            "PYTHONPATH": PATH,
            "DJANGO_SETTINGS_MODULE": "trial.settings",
            "TRIAL_CELERY": stack.celery,
            "TRIAL_BROKER": proxy.url if proxy else broker.url if broker else "hardy://",
            "TRIAL_DATABASE": self._database_url,
            "TRIAL_QUEUE": self.queue,
            "TRIAL_JOURNAL": str(self.journal.file),
        }
        self.sender = Sender(self.environment, folder)
        command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
        subprocess.run(command, env=self.environment, check=True)

    # workers

    def start(self, name: str, *, ahead: int = 0, **environment: str) -> None:
        """Start a worker of two processes; its clock may be ``ahead`` by some seconds."""
        self._starts[name] = partial(self.start, name, ahead=ahead, **environment)
        clock = skewed(ahead, PATH) if ahead else {}
        arguments = [
            "-m",
            "celery",
            "-A",
            "trial",
            "worker",
            "--concurrency=2",
            f"--hostname={name}@trial",
            "-lINFO",
        ]
        self.workers[name] = Process(
            name, arguments, {**self.environment, **clock, **environment}, self.folder
        )

    def start_and_wait(self, *names: str, **options: Any) -> None:
        for name in names:
            self.start(name, **options)
        until(
            lambda: set(names) <= set(self.ready()),
            seconds=60,
            otherwise=f"{names} do not start: {self.folder}",
        )

    def ready(self) -> list[str]:
        """The workers that have begun to consume."""
        self.journal.read()
        return [name for name, worker in self.workers.items() if self.journal.is_ready(worker.pid)]

    def busy(self) -> list[str]:
        """The workers that are running something."""
        busy = {start.worker for start in self.journal.read().running()}
        return [name for name, worker in self.workers.items() if worker.pid in busy]

    def kill(self, name: str) -> None:
        """End a worker and all its processes, as a power cut does, and start it again."""
        worker = self.workers.pop(name)
        worker.kill()
        self.journal.killed(worker.pid)
        self._starts[name]()

    def kill_child(self, name: str) -> None:
        """End one of a worker's processes, as the kernel does when memory is short."""
        children = children_of(self.workers[name].pid)
        if children:
            victim = self.random.choice(children)
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            self.journal.killed(victim)

    def keep_alive(self) -> None:
        """Start again what ended by itself, as a supervisor does."""
        for name in [name for name, worker in self.workers.items() if worker.has_ended]:
            self.workers.pop(name).kill()  # its children, if it left any
            self.exits += 1
            self._starts[name]()

    def stop_workers(self) -> None:
        for worker in self.workers.values():
            worker.signal(signal.SIGTERM)
        for worker in self.workers.values():
            with suppress(subprocess.TimeoutExpired):
                worker.popen.wait(10)
            worker.kill()
        self.workers.clear()

    def log(self, name: str) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def memory(self, name: str) -> float:
        """Resident megabytes of a worker's own process."""
        status = Path(f"/proc/{self.workers[name].pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    # asking

    def ask(
        self, count: int, *, task: str | None = "trial.work", patience: float = 120, dies: bool = False,
        kwargs: dict[str, Any] | None = None, **options: Any,
    ) -> tuple[range, list[Request] | None]:  # fmt: skip
        """Commit requests, one task each; return their numbers and what each took, None if the sender got stuck."""
        numbers = range(self.next_number, self.next_number + count)
        self.next_number += count
        order = {
            "task": task, "first": numbers[0], "count": count, "dies": dies, "kwargs": kwargs or {}, "options": options,
        }  # fmt: skip
        return numbers, self.sender.send(order, patience)

    # what became of it

    def asked(self, numbers: range) -> int:
        return self._count("asked", numbers, "DISTINCT number")

    def ended(self, numbers: range) -> int:
        return self._count("done", numbers, "DISTINCT number")

    def effects(self, numbers: range) -> int:
        return self._count("done", numbers, "number")

    def _count(self, what: str, numbers: range, of: str) -> int:
        query = f"SELECT count({of}) FROM trial_mark WHERE what = %s AND number BETWEEN %s AND %s"
        return int(self.query(query, [what, numbers[0], numbers[-1]]))

    def query(self, statement: str, values: list[Any] | None = None) -> Any:
        """The first value of the answer; on a new connection if the server was restarted."""
        try:
            return self._query(statement, values)
        except psycopg.OperationalError:
            self._connection = None
            return self._query(statement, values)

    def _query(self, statement: str, values: list[Any] | None) -> Any:
        self._connection = self._connection or psycopg.connect(self._database_url, autocommit=True)
        cursor = self._connection.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def all_ended(self, numbers: range) -> bool:
        return self.ended(numbers) >= self.asked(numbers)

    def left(self) -> int:
        """What is still somewhere: rows of the ledger, or messages the broker will deliver one day."""
        if self.stack.is_hardy:
            return int(self.query("SELECT count(*) FROM hardy_job"))
        return int(self.broker.waiting(self.queue) + self.broker.unacknowledged())

    def letters(self) -> list[str]:
        """What the dead letters say, for whoever must find out why something is missing."""
        said = (
            "SELECT string_agg(reason || ': ' || error_type || ' ' || left(error, 300), E'\\n')"
            " FROM hardy_deadletter"
        )
        return (self.query(said) or "").splitlines() if self.stack.is_hardy else []

    def is_over(self) -> bool:
        """Nothing runs, nothing is left, and nothing has happened for a while: what is missing is lost."""
        self.journal.read()
        if time.monotonic() - self.journal.last_change < QUIET or self.journal.running():
            return False
        return not self.left()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.kill()
        self.sender.close()
        if self._connection is not None:
            self._connection.close()


def soon(condition: Callable[[], Any], seconds: float) -> bool:
    """Whether it came true; stock Celery may have nothing left that could."""
    with suppress(AssertionError):
        return bool(until(condition, seconds=seconds))
    return False


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def verdict(trial: Trial, numbers: range, done_at: float | None) -> dict[str, Any]:
    """The columns that every hardship has."""
    asked, ended = trial.asked(numbers), trial.ended(numbers)
    missing = asked - ended
    trial.stop_workers()
    stuck = min(missing, trial.left())
    if missing:
        (trial.folder / "letters").write_text("\n".join(trial.letters()))
    times, last = trial.journal.read().recoveries(), trial.journal.last_kill
    line = {
        "asked": asked,
        "ended": ended,
        "lost": missing - stuck,
        "stuck": stuck,
        "doubled": trial.effects(numbers) - ended,
    }
    if last is not None:
        line["recovery p50/max"] = f"{median(times):.1f} / {max(times):.1f} s" if times else "–"
        line["done after last kill"] = "never" if done_at is None else f"{max(0.0, done_at - last):.1f} s"
    return line


@contextmanager
def on_trial(
    stack: Stack, server: PostgreSQL, broker: Any, folder: Path, *, proxied: bool, doubling: bool = False
) -> Iterator[Trial]:
    """A database, an empty broker, and a proxy in between where the hardship needs one."""
    name = f"chaos_{uuid.uuid4().hex[:8]}"
    server.do(f"CREATE DATABASE {name}")
    proxy = Proxy(broker.url, doubling=doubling) if broker and proxied else None
    trial = Trial(stack, server, name, broker, proxy, folder)
    try:
        yield trial
    finally:
        trial.close()
        if proxy:
            proxy.close()
        server.do(f"DROP DATABASE {name} WITH (FORCE)")
