"""Dramatiq on Redis, with its default middleware (retries, time limit, shutdown)."""

from __future__ import annotations

import os
from typing import Any

import django
import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.project.bodies import BODIES

django.setup()
broker = RedisBroker(url=os.environ["HARDY_BENCH_BROKER"])
dramatiq.set_broker(broker)
ACTORS = {body.__name__: dramatiq.actor(body) for body in BODIES}


def send(name: str, *args: Any) -> None:
    ACTORS[name].send(*args)
