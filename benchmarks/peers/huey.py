"""Huey on Redis, as its documentation has it for production: two worker processes."""

from __future__ import annotations

import os
from typing import Any

import django
from huey import RedisHuey

from benchmarks.project.bodies import BODIES

django.setup()
queue = RedisHuey("bench", url=os.environ["HARDY_BENCH_BROKER"])
TASKS = {body.__name__: queue.task()(body) for body in BODIES}


def send(name: str, *args: Any) -> None:
    TASKS[name](*args)
