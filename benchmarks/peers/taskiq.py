"""taskiq on Redis streams: the broker that its documentation names for messages that are acknowledged."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import django
from taskiq_redis import RedisStreamBroker

from benchmarks.project.bodies import BODIES

django.setup()
# From the stream's beginning: what was sent before the first worker came is to be run too.
broker = RedisStreamBroker(url=os.environ["HARDY_BENCH_BROKER"], consumer_id="0")
TASKS = {body.__name__: broker.task(body) for body in BODIES}
_loop = asyncio.new_event_loop()
_started: list[bool] = []


def send(name: str, *args: Any) -> None:
    if not _started:
        _loop.run_until_complete(broker.startup())
        _started.append(True)
    _loop.run_until_complete(TASKS[name].kiq(*args))
