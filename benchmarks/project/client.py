"""The process that sends: one per stack, as a web process would be. It takes calls as JSON lines and answers so.

{"call": "send", "task": "nothing", "tasks": 1000}  →  {"value": 0.71}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

#: Tasks given to one bulk call of a tool.
TOGETHER = 1000


def migrate() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)


def clear() -> None:
    """Empty every table, and the queue where a table or Redis is not all there is."""
    tables = [model._meta.db_table for model in apps.get_models()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        elif connection.vendor == "mysql":
            for statement in ("SET FOREIGN_KEY_CHECKS = 0", *(f"TRUNCATE {table}" for table in tables)):
                cursor.execute(statement)
        else:
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
    getattr(_tool(), "clear", _nothing)()
    connection.close()


def send(task: str, tasks: int) -> float:
    """Send tasks one by one, each as its own call, and return the seconds."""
    send_one = _tool().send
    started = time.perf_counter()
    for number in range(tasks):
        send_one(task, number)
    return time.perf_counter() - started


def send_together(task: str, tasks: int) -> float:
    """Send tasks inside one database transaction, and return the seconds, the commit included."""
    started = time.perf_counter()
    with transaction.atomic():
        send(task, tasks)
    return time.perf_counter() - started


def send_many(task: str, tasks: int) -> float | None:
    """Send tasks by the tool's own call for many, and return the seconds; None where it has none."""
    tool = _tool()
    if not hasattr(tool, "send_many"):
        return None
    started = time.perf_counter()
    for first in range(0, tasks, TOGETHER):
        tool.send_many(task, [(number,) for number in range(first, min(tasks, first + TOGETHER))])
    return time.perf_counter() - started


def send_paced(tasks: int, rate: float, file: str) -> float:
    """Send ``rate`` stamped tasks a second, or as many as it can, and return the seconds it took."""
    send_one, begun = _tool().send, time.monotonic()
    for number in range(tasks):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        send_one("stamp", time.monotonic(), file)
    return time.monotonic() - begun


def send_outlive(file: str) -> None:
    _tool().send("outlive", file)


def claim_and_end(tasks: int) -> float:
    """Claim and end what waits, one job after the other, and return the seconds."""
    from hardy.ledger import claim, finish, identity
    from hardy.ledger.models import Job

    waiting = list(Job.objects.values_list("id", "task", "token", "attempts")[:tasks])
    identity.become("bench@here")
    started = time.perf_counter()
    for job, task, token, attempts in waiting:
        mine = claim.claim(job, task, identity.name(), token=token, attempts=attempts)
        assert mine is not None
        holder = finish.Claim(job, mine.worker, (mine.token, mine.token))
        assert finish.finish(holder, finish.End("succeeded"), wait_for_disk=False)
    return time.perf_counter() - started


def fill(waiting: int, runs: int) -> None:
    from benchmarks.project import filling

    filling.fill_jobs(waiting)
    filling.fill_runs(runs)
    filling.settle()


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        migrate, clear, send, send_together, send_many, send_paced, send_outlive, claim_and_end, fill,
    )
}  # fmt: skip


def _tool() -> Any:
    return importlib.import_module(f"benchmarks.peers.{os.environ['HARDY_BENCH_TOOL']}")


def _nothing() -> None:
    """What a tool without a queue of its own has to clear."""


def main() -> None:
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        value = CALLS[asked.pop("call")](**asked)
        print(json.dumps({"value": value}), flush=True)


if __name__ == "__main__":
    main()
