"""RQ: a pool of two workers, each forking a process per job; what the jobs import is imported before the fork."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import django
from redis import Redis
from rq import Queue
from rq.worker_pool import WorkerPool

from benchmarks.project.bodies import BODIES

django.setup()
connection = Redis.from_url(os.environ["HARDY_BENCH_BROKER"])
queue = Queue(connection=connection)
FUNCTIONS = {body.__name__: body for body in BODIES}


def send(name: str, *args: Any) -> None:
    queue.enqueue(FUNCTIONS[name], *args)


def send_many(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    queue.enqueue_many([Queue.prepare_data(FUNCTIONS[name], args=row) for row in rows])


if __name__ == "__main__":
    WorkerPool([queue], connection=connection, num_workers=2).start(logging_level="WARNING")
