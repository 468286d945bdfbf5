"""One stack on trial: its database, broker, workers and senders, and what became of what was asked."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.acceptance.processes import Process
from tests.brokers.brokers import OWN
from tests.brokers.proxy import Proxy
from tests.chaos.stacks import Stack
from tests.services import POSTGRESQL
from tests.waiting import until

PROJECT = Path(__file__).with_name("project")


class Trial:
    def __init__(self, stack: Stack, database: str, broker: Any, proxy: Proxy | None, folder: Path) -> None:
        self.stack, self.broker, self.proxy, self.folder = stack, broker, proxy, folder
        self.queue = f"trial-{uuid.uuid4().hex[:6]}"
        self.database = psycopg.connect(database, autocommit=True)
        self.starts_file = folder / "starts"
        self.workers: dict[str, Process] = {}
        self.kills: list[float] = []
        self.next_number = 0
        self.random = random.Random(4)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(
                os.pathsep
            ),
            "DJANGO_SETTINGS_MODULE": "trial.settings",
            "TRIAL_CELERY": stack.celery,
            "TRIAL_BROKER": proxy.url if proxy else "hardy://",
            "TRIAL_DATABASE": database,
            "TRIAL_QUEUE": self.queue,
            "TRIAL_STARTS": str(self.starts_file),
        }
        command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
        subprocess.run(command, env=self.environment, check=True)

    # workers

    def start(self, name: str, **environment: str) -> None:
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
        self.workers[name] = Process(name, arguments, {**self.environment, **environment}, self.folder)

    def start_and_wait(self, name: str, **environment: str) -> None:
        before = self.log(name).count(" ready.")
        self.start(name, **environment)
        until(
            lambda: self.log(name).count(" ready.") > before, seconds=60, otherwise=f"{name} does not start"
        )

    def kill(self, name: str) -> None:
        self.workers.pop(name).kill()
        self.kills.append(time.time())

    def keep_alive(self) -> None:
        """Start again what killed itself, as a supervisor does."""
        for name in [name for name, worker in self.workers.items() if worker.has_ended]:
            self.start(name)

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
        """Resident megabytes of the worker's own process."""
        status = Path(f"/proc/{self.workers[name].pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    # asking

    def ask(
        self, count: int, *, task: str = "trial.work", patience: float = 120, dies: bool = False,
        meanwhile: Any = None, **options: Any,
    ) -> tuple[range, list[float]]:  # fmt: skip
        """Have a process of its own commit requests; return their numbers and how long each took, shortest first."""
        numbers = range(self.next_number, self.next_number + count)
        self.next_number += count
        with (self.folder / "sender.log").open("a") as log:
            sender = subprocess.Popen(
                [sys.executable, "-m", "trial.sender"], env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert sender.stdin and sender.stdout
        with sender.stdin, sender.stdout:
            sender.stdout.readline()
            if meanwhile is not None:
                meanwhile()
            order = {"task": task, "first": numbers[0], "count": count, "options": options, "dies": dies}
            sender.stdin.write(json.dumps(order) + "\n")
            sender.stdin.flush()
            readable, *_ = select.select([sender.stdout], [], [], patience)
            said = sender.stdout.readline() if readable else ""
        # What it has not told the broker within its own grace is left to whatever finds it.
        try:
            sender.wait(10 if said else 0.1)
        except subprocess.TimeoutExpired:
            sender.kill()
            sender.wait()
        return numbers, json.loads(said) if said else [patience]

    # what became of it

    def asked(self, numbers: range) -> int:
        return self._count("asked", numbers, "DISTINCT number")

    def ended(self, numbers: range) -> int:
        return self._count("done", numbers, "DISTINCT number")

    def effects(self, numbers: range) -> int:
        return self._count("done", numbers, "number")

    def _count(self, what: str, numbers: range, of: str) -> int:
        query = f"SELECT count({of}) FROM trial_mark WHERE what = %s AND number BETWEEN %s AND %s"
        return int(self.database.execute(query, [what, numbers[0], numbers[-1]]).fetchone()[0])

    def all_ended(self, numbers: range) -> bool:
        return self.ended(numbers) >= self.asked(numbers)

    def left(self) -> int:
        """What is still somewhere: rows of the ledger, or messages the broker will deliver one day."""
        if self.stack.is_hardy:
            return int(self.database.execute("SELECT count(*) FROM hardy_job").fetchone()[0])
        if self.stack.broker == "redis":
            return self.broker.waiting(self.queue) + int(self.broker.client.hlen("unacked"))
        return int(self.broker.waiting(self.queue))

    def starts(self) -> dict[int, list[float]]:
        """When each number was started."""
        found: dict[int, list[float]] = {}
        lines = self.starts_file.read_text().splitlines() if self.starts_file.exists() else []
        for number, at in map(str.split, lines):
            found.setdefault(int(number), []).append(float(at))
        return found

    def recoveries(self, numbers: range) -> list[float]:
        """Seconds from each kill to the next start of what it interrupted."""
        times = []
        for number, starts in self.starts().items():
            for begun, again in pairwise(starts):
                killed = min((kill for kill in self.kills if kill >= begun), default=None)
                if number in numbers and killed is not None and killed <= again:
                    times.append(again - killed)
        return times

    def cut_database(self) -> None:
        """End every connection of the project, as a restart of the server does."""
        self.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )


def verdict(trial: Trial, numbers: range) -> dict[str, Any]:
    """The columns that every hardship has."""
    asked, ended = trial.asked(numbers), trial.ended(numbers)
    missing = asked - ended
    trial.stop_workers()
    stuck = min(missing, trial.left())
    times = trial.recoveries(numbers)
    return {
        "asked": asked,
        "ended": ended,
        "lost": missing - stuck,
        "stuck": stuck,
        "doubled": trial.effects(numbers) - ended,
        "recovery p50/max": f"{median(times):.1f} / {max(times):.1f} s" if times else "–",
    }


def starts_of(trial: Trial, numbers: range) -> int:
    return max((len(trial.starts().get(number, [])) for number in numbers), default=0)


@contextmanager
def on_trial(stack: Stack, folder: Path, *, doubling: bool = False) -> Iterator[Trial]:
    name = f"hardy_chaos_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(POSTGRESQL.url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        if stack.broker == "hardy":
            yield from _run(Trial(stack, POSTGRESQL.with_path(name), None, None, folder))
            return
        with OWN[stack.broker]() as broker:
            proxy = Proxy(broker.url, doubling=doubling)
            try:
                yield from _run(Trial(stack, POSTGRESQL.with_path(name), broker, proxy, folder))
            finally:
                proxy.close()
    finally:
        with psycopg.connect(POSTGRESQL.url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(trial: Trial) -> Iterator[Trial]:
    try:
        yield trial
    finally:
        for worker in trial.workers.values():
            worker.kill()
        trial.database.close()
