"""Celery, stock or hardy's: the class is what the stack names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from celery import group
from kombu.utils.imports import symbol_by_name

from benchmarks.project.bodies import BODIES

app = symbol_by_name(os.environ["HARDY_BENCH_CELERY"])("benchmarks")
app.config_from_object("django.conf:settings", namespace="CELERY")
TASKS = {body.__name__: app.task(body) for body in BODIES}


def send(name: str, *args: Any) -> None:
    TASKS[name].delay(*args)


def send_many(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if "hardy" in os.environ["HARDY_BENCH_CELERY"]:
        symbol_by_name("hardy:send_many")(TASKS[name], rows)
        return
    group(TASKS[name].s(*row) for row in rows).apply_async()


def clear() -> None:
    """Empty the queue, declaring it first: it may never have been used."""
    with app.connection_for_write() as broker, broker.channel() as channel:
        queue = app.amqp.queues[app.conf.task_default_queue](channel)
        queue.declare()
        queue.purge()
