"""The numbered task, and the two that are poison. Each start is a line in a file, which no kill undoes."""

from __future__ import annotations

import os
import signal
import time

from celery import shared_task
from django.db import InterfaceError, OperationalError

from trial.models import Mark

ON_TRIAL = {"autoretry_for": (OperationalError, InterfaceError), "max_retries": 10, "default_retry_delay": 1}


@shared_task(name="trial.work", atomic=True, **ON_TRIAL)
def work(number: int, seconds: float = 0.03) -> None:
    begin(number)
    Mark.objects.create(what="done", number=number)
    time.sleep(seconds)


@shared_task(name="trial.kill_child")
def kill_child(number: int) -> None:
    begin(number)
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(name="trial.kill_worker")
def kill_worker(number: int) -> None:
    begin(number)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def begin(number: int) -> None:
    line = f"{number} {time.time():.3f}\n".encode()
    file = os.open(os.environ["TRIAL_STARTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
