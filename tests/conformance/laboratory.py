"""One stack at work: a worker that lives as long as the tests, and a client that observes claims on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from tests.acceptance.databases import PostgreSQL, dropping_it_on_failure, new_name
from tests.acceptance.processes import Process
from tests.conformance.observing import WORKER
from tests.conformance.stacks import HARDY, Stack
from tests.services import POSTGRESQL

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).with_name("project")
COMMAND = ("-A", "conformed", "worker", f"--hostname={WORKER}", "--concurrency=4", "--loglevel=info", "-E")


class Databases(PostgreSQL):
    """Copies of one database with the project's tables."""

    def __init__(self) -> None:
        self.original = new_name()
        self._execute(f"CREATE DATABASE {self.original}")
        with dropping_it_on_failure(self):
            url = POSTGRESQL.with_path(self.original)
            command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
            subprocess.run(command, env=environment(HARDY, url, "hardy://"), check=True)


class Client(Process):
    """A process that observes claims; every answer is a future."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        super().__init__("client", ["-m", "conformed.client"], environment, folder, talks=True)
        self.futures: dict[str, Future[Any]] = {}
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def observe(self, names: Iterable[str]) -> None:
        assert self.popen.stdin is not None
        for name in names:
            self.futures[name] = Future()
            self.popen.stdin.write(f"{name}\n")
        self.popen.stdin.flush()

    def dismiss(self) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.close()

    def reap(self) -> None:
        super().reap()
        self.reader.join(10)

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as answers:
            for line in answers:
                answer = json.loads(line)
                self.futures[answer.pop("claim")].set_result(answer)
        for future in self.futures.values():
            if not future.done():
                future.set_result({"error": "the client ended"})


class Laboratory:
    """The processes of one stack, on a database and a broker of their own."""

    def __init__(self, stack: Stack, database: str, broker: str, folder: Path) -> None:
        self.stack, self.database = stack, database
        settings = environment(stack.celery, database, broker)
        self.worker = Process("worker", ["-m", "celery", *COMMAND], settings, folder)
        self.client = Client(settings, folder)

    def observe(self, names: Iterable[str]) -> None:
        """Begin to observe claims, once the worker is there for them."""
        self.worker.wait_for(" ready.", seconds=60)
        self.client.observe(names)

    def observed(self, name: str) -> Any:
        """What a claim's scenario returned."""
        answer = self.client.futures[name].result(timeout=120)
        said = f"on {self.stack.name}: {answer.get('error')}\n(its worker's log: {self.worker.log_file})"
        assert "error" not in answer, said
        return answer["observed"]

    def close(self) -> None:
        for process in (self.client, self.worker):
            process.dismiss()
        for process in (self.client, self.worker):
            process.reap()


def environment(celery: str, database: str, broker: str) -> dict[str, str]:
    path = [str(PROJECT), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path).rstrip(os.pathsep),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "conformed.settings",
        "DATABASE_URL": database,
        "CONFORMED_CELERY": celery,
        "CONFORMED_BROKER": broker,
    }
