"""The project with a database of its own: its workers, and what became of what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.acceptance.databases import environment
from tests.acceptance.processes import Desk, Process
from tests.waiting import until

#: Seconds in which a worker is found dead, where a test waits for that.
HASTY = {"HEARTBEAT": 0.3, "HEARTBEAT_TIMEOUT": 1.5}


class Depot:
    """One project on one database. Processes started here end with it."""

    def __init__(self, url: str, folder: Path, **environment_too: str) -> None:
        self.url = url
        self.folder = folder
        self.environment = environment_too
        self.processes: list[Process] = []
        #: What stands behind the @ in the names of its workers.
        self.host = "depot"

    # processes

    def worker(self, *options: str, name: str = "one", ready: bool = True, **given: str) -> Process:
        """Start a worker; `given` is its environment. Returns when it is ready."""
        pool = (
            []
            if any(option.startswith(("--concurrency", "--pool")) for option in options)
            else ["--concurrency=2"]
        )
        worker = self.process(
            name, "celery", "-A", "depot", "worker", "--loglevel=info", f"--hostname={name}@{self.host}", *pool,
            *options, **given,
        )  # fmt: skip
        if ready:
            worker.wait_for(" ready.")
        return worker

    def beat(self, *options: str, name: str = "beat", **given: str) -> Process:
        beat = self.process(
            name, "celery", "-A", "depot", "beat", "--loglevel=info", f"--pidfile={self.folder / name}.pid", *options,
            **given,
        )  # fmt: skip
        beat.wait_for("beat: Starting")
        return beat

    def celery(self, *arguments: str) -> str:
        """Run a celery command to its end and return what it printed."""
        process = self.process(f"celery-{len(self.processes)}", "celery", "-A", "depot", *arguments)
        process.exit_code()
        return process.log

    def process(self, name: str, module: str, *arguments: str, **given: str) -> Process:
        settings = environment(self.url, **{**self.environment, **given})
        process = Process(name, ["-m", module, *arguments], settings, self.folder)
        self.processes.append(process)
        return process

    @cached_property
    def desk(self) -> Desk:
        desk = Desk(environment(self.url, **self.environment), self.folder)
        self.processes.append(desk)
        return desk

    def close(self) -> None:
        for process in self.processes:
            process.dismiss()
        for process in self.processes:
            process.reap()

    def logs(self) -> Iterable[tuple[str, str]]:
        return [(process.name, process.log) for process in {p.name: p for p in self.processes}.values()]

    # asking

    def run(self, source: str, **names: object) -> Any:
        """Run Python in the project and return the value of its last line."""
        return self.desk.run(source, **names)

    def send(self, task: str, *args: object, **options: object) -> str:
        """Send `depot.<task>` and return its id."""
        source = "getattr(tasks, task).apply_async(args, **options).id"
        return str(self.run(source, task=task, args=args, options=options))

    # what became of it

    def effects(self, name: str, job: str | None = None) -> list[dict[str, Any]]:
        """The effects of a name (and of one job), oldest first."""
        by = {"name": name} if job is None else {"name": name, "job": job}
        source = "list(models.Effect.objects.filter(**by).order_by('id').values())"
        return list(self.run(source, by=by))

    def count(self, name: str) -> int:
        return int(self.run("models.Effect.objects.filter(name=name).count()", name=name))

    def job(self, job: str) -> dict[str, Any] | None:
        """The job's row while it is in the ledger."""
        row: dict[str, Any] | None = self.run("ledger.Job.objects.filter(id=job).values().first()", job=job)
        return row

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The job's history, first attempt first."""
        return list(self.run("list(ledger.Run.objects.filter(job=job).order_by('id').values())", job=job))

    def outcomes(self, job: str) -> list[str]:
        return [run["outcome"] for run in self.runs(job)]

    def letter(self, job: str) -> dict[str, Any] | None:
        """The job's dead letter, of which there is never more than one."""
        letters = self.run("list(ledger.DeadLetter.objects.filter(job=job).values())", job=job)
        assert len(letters) < 2, letters
        return letters[0] if letters else None

    def jobs(self, **by: object) -> int:
        return int(self.run("ledger.Job.objects.filter(**by).count()", by=by))

    def result(self, job: str) -> Any:
        """The job's result as Celery's own API reads it: state and value."""
        return self.run(
            "r = app.AsyncResult(job); [r.state, r.result if r.successful() else repr(r.result)]", job=job
        )

    # waiting

    def wait_for_effect(
        self, name: str, job: str | None = None, *, seconds: float = 30, times: int = 1
    ) -> None:
        until(
            lambda: len(self.effects(name, job)) >= times,
            seconds=seconds,
            otherwise=f"no effect {name!r} of {job}",
        )

    def wait_for_state(self, job: str, state: str) -> None:
        until(
            lambda: (self.job(job) or {}).get("state") == state,
            otherwise=lambda: f"not {state}: {self.job(job)}",
        )

    def wait_until_over(self, *jobs: str, seconds: float = 30) -> None:
        """Return when the jobs have left the ledger."""
        until(
            lambda: not self.jobs(id__in=jobs), seconds=seconds,
            otherwise=lambda: f"still in the ledger: {[self.job(job) for job in jobs if self.job(job)]}",
        )  # fmt: skip

    def wait_until_empty(self, *, seconds: float = 60) -> None:
        until(lambda: not self.jobs(), seconds=seconds, otherwise=lambda: f"{self.jobs()} jobs are not over")


def hardy(**settings: Any) -> str:
    """HARDY of a process; numbers are seconds."""
    return json.dumps(settings)
