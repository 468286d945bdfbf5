"""The numbered task, and the two that are poison. Each start and end is a line in a file, which no kill undoes."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from celery import shared_task, signals
from django.db import InterfaceError, OperationalError

from trial.models import Mark

ON_TRIAL = {"autoretry_for": (OperationalError, InterfaceError), "max_retries": 10, "default_retry_delay": 1}


@shared_task(name="trial.work", atomic=True, **ON_TRIAL)
def work(number: int, seconds: float = 0.03) -> None:
    """Its effect is in the middle: a kill may come before it or after it."""
    note("start", number)
    try:
        time.sleep(seconds / 2)
        Mark.objects.create(what="done", number=number)
        time.sleep(seconds / 2)
    finally:
        note("end", number)


@shared_task(name="trial.kill_child")
def kill_child(number: int) -> None:
    note("start", number)
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(name="trial.kill_worker")
def kill_worker(number: int) -> None:
    note("start", number)
    os.killpg(os.getpgrp(), signal.SIGKILL)


@signals.worker_ready.connect
def say_ready(**_: Any) -> None:
    note("ready", 0)


def note(what: str, number: int) -> None:
    line = f"{what} {number} {time.monotonic():.3f} {os.getpid()} {os.getpgrp()}\n".encode()
    file = os.open(os.environ["TRIAL_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
