"""Tasks with hardy's own options, beside those of the depot."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

from celery import shared_task
from depot.models import Effect
from depot.tasks import Odd, leave

from hardy import Snooze, current_attempt


@shared_task(bind=True, name="plant.describe")
def describe(self, name: str) -> None:
    """Leave what the delivery said of its priority, and of its id and its eta."""
    told = {"priority": (self.request.delivery_info or {}).get("priority"), "eta": self.request.eta}
    leave(self, name, json.dumps(told))


@shared_task(bind=True, name="plant.who_am_i", max_retries=3)
def who_am_i(self, name: str) -> None:
    """Leave what the task knows of its attempt, and want one more attempt."""
    mine = current_attempt()
    leave(self, name, json.dumps([mine.number, mine.token, mine.idempotency_key]))
    if mine.number == 1:
        raise self.retry(countdown=0)


@shared_task(bind=True, name="plant.whole", atomic=True)
def whole(self, name: str, log: str, deaths: int = 0, how: str = "child") -> str:
    """Leave an effect, and on the first attempts die behind it; `log` counts the attempts."""
    leave(self, name)
    if begun(log) <= deaths:
        target = os.getpid() if how == "child" else os.getppid()
        os.kill(target, signal.SIGKILL)
        time.sleep(60)
    return name


@shared_task(bind=True, name="plant.whole_but_odd", atomic=True)
def whole_but_odd(self, name: str) -> None:
    leave(self, name)
    raise Odd("behind the effect")


@shared_task(bind=True, name="plant.whole_until_told", atomic=True)
def whole_until_told(self, name: str, path: str, log: str) -> None:
    leave(self, name)
    begun(log)
    while not Path(path).exists():
        time.sleep(0.02)


@shared_task(bind=True, name="plant.fleeting", durable=False)
def fleeting(self, name: str) -> str:
    leave(self, name)
    return name


@shared_task(bind=True, name="plant.snooze")
def snooze(self, name: str, log: str, times: int, seconds: float) -> None:
    if begun(log) <= times:
        raise Snooze(seconds)
    leave(self, name, str(current_attempt().number))


@shared_task(bind=True, name="plant.await_it")
async def await_it(self, name: str) -> str:
    await asyncio.sleep(0)
    await Effect.objects.acreate(
        name=name, job=self.request.id, pid=os.getpid(), detail=str(id(asyncio.get_running_loop()))
    )
    return f"{name} awaited"


@shared_task(bind=True, name="plant.await_too_long", soft_time_limit=1, time_limit=60)
async def await_too_long(self, name: str) -> None:
    try:
        await asyncio.sleep(50)
    except asyncio.CancelledError:
        await Effect.objects.acreate(name=name, job=self.request.id, pid=os.getpid())
        raise


def begun(log: str) -> int:
    """Count an attempt in a file, which no rollback undoes; return how many there were."""
    with Path(log).open("a") as file:
        file.write(".")
    return Path(log).stat().st_size
