"""Tasks that do what a test needs of them: leave effects, take their time, and die in every way there is."""

from __future__ import annotations

import asyncio
import builtins
import ctypes
import os
import resource
import signal
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import chord, shared_task
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded
from django.db import connection

from depot.models import Effect
from hardy.ledger.models import Job


def leave(task: Any, name: str, detail: str = "") -> None:
    Effect.objects.create(name=name, job=task.request.id or "", pid=os.getpid(), detail=detail)


def is_first(task: Any, times: int = 1) -> bool:
    """Whether this is one of the first `times` attempts, counted by the effects they left."""
    return Effect.objects.filter(name="begun", job=task.request.id).count() <= times


class Odd(Exception):
    """What a task fails with."""


@shared_task(bind=True, name="depot.record")
def record(self, name: str, detail: str = "") -> str:
    leave(self, name, detail)
    return name


@shared_task(bind=True, name="depot.record_quietly", ignore_result=True)
def record_quietly(self, name: str) -> str:
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.wait_for")
def wait_for(self, path: str, name: str) -> str:
    """Begin, wait until a file is there, and leave an effect."""
    leave(self, "begun")
    while not Path(path).exists():
        time.sleep(0.02)
    leave(self, name)
    return f"{name} by {os.getpid()}"


@shared_task(name="depot.wait_in_peace")
def wait_in_peace(path: str) -> None:
    """Wait until a file is there, without touching the database."""
    while not Path(path).exists():
        time.sleep(0.02)


@shared_task(bind=True, name="depot.sleep")
def sleep(self, seconds: float, name: str) -> str:
    leave(self, "begun")
    time.sleep(seconds)
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.hold_the_interpreter")
def hold_the_interpreter(self, seconds: int, name: str) -> str:
    """Let no other thread of this process run meanwhile, as a library that never gives up the GIL does."""
    leave(self, "begun")
    ctypes.PyDLL(None).sleep(seconds)
    leave(self, name)
    return name


@shared_task(name="depot.nap")
def nap(seconds: float) -> float:
    """Take time without touching the database."""
    time.sleep(seconds)
    return seconds


@shared_task(bind=True, name="depot.kill_child")
def kill_child(self, name: str, times: int = 1) -> str:
    """Kill the process it runs in on its first attempts."""
    leave(self, "begun")
    if is_first(self, times):
        os.kill(os.getpid(), signal.SIGKILL)
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.kill_worker")
def kill_worker(self, name: str, times: int = 1) -> str:
    """Kill the worker with everything in it on its first attempts, as a container does that is out of memory."""
    leave(self, "begun")
    if is_first(self, times):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    leave(self, name)
    return name


@shared_task(name="depot.add")
def add(one: int, other: int) -> int:
    return one + other


@shared_task(bind=True, name="depot.total")
def total(self, numbers: list[int], name: str) -> int:
    leave(self, name, str(sum(numbers)))
    return sum(numbers)


@shared_task(bind=True, name="depot.total_of")
def total_of(self, number: int, name: str) -> int:
    leave(self, name, str(number))
    return number


@shared_task(bind=True, name="depot.double")
def double(self, number: int, deadly: bool = False, name: str = "") -> int:
    """A part of a chord; a deadly one kills its worker the first time."""
    if deadly:
        leave(self, "begun")
        if is_first(self):
            os.killpg(os.getpgrp(), signal.SIGKILL)
    leave(self, name or "part")
    return number * 2


@shared_task(name="depot.fail")
def fail(text: str = "odd") -> None:
    raise Odd(text)


@shared_task(name="depot.note_error")
def note_error(request: Any, error: Any, traceback: Any, name: str) -> None:
    """An error link in Celery's newer form, which must not be bound."""
    Effect.objects.create(name=name, job=request.id, pid=os.getpid(), detail=repr(error))


@shared_task(bind=True, name="depot.retry", max_retries=3)
def retry(self, name: str, failures: int, countdown: float = 0.0) -> str:
    """Fail `failures` times, asking for another attempt each time."""
    leave(self, "begun", str(self.request.retries))
    if self.request.retries < failures:
        raise self.retry(exc=Odd(f"attempt {self.request.retries}"), countdown=countdown)
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.ignore")
def ignore(self) -> None:
    leave(self, "begun")
    raise Ignore


@shared_task(bind=True, name="depot.reject")
def reject(self, name: str, requeue: bool) -> str:
    leave(self, "begun")
    if is_first(self):
        raise Reject("not now", requeue=requeue)
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.replace_by_record")
def replace_by_record(self, name: str) -> None:
    leave(self, "begun")
    raise self.replace(record.s(name))


@shared_task(bind=True, name="depot.replace_by_chain")
def replace_by_chain(self, number: int) -> None:
    raise self.replace(add.s(number, 1) | add.s(10))


@shared_task(bind=True, name="depot.replace_by_chord")
def replace_by_chord(self, numbers: list[int], name: str) -> None:
    raise self.replace(chord([double.s(number) for number in numbers], total.s(name)))


@shared_task(bind=True, name="depot.overrun", soft_time_limit=1, time_limit=60)
def overrun(self, name: str) -> str:
    try:
        time.sleep(30)
    except SoftTimeLimitExceeded:
        leave(self, name)
        raise
    return name


@shared_task(bind=True, name="depot.hang", time_limit=1)
def hang(self) -> None:
    leave(self, "begun")
    while True:
        with suppress(SoftTimeLimitExceeded):  # it does not listen
            time.sleep(60)


@shared_task(name="depot.return_something_odd")
def return_something_odd() -> object:
    return object()


@shared_task(name="depot.return_much")
def return_much(size: int) -> str:
    return "x" * size


@shared_task(bind=True, name="depot.name_connection")
def name_connection(self, name: str) -> int:
    """Leave the server's own number of this process's database connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend: int = cursor.fetchone()[0]
    leave(self, name, str(backend))
    return backend


@shared_task(name="depot.wait_atomically", atomic=True)
def wait_atomically(path: str) -> None:
    """As `wait_in_peace`, in one transaction with its end."""
    while not Path(path).exists():
        time.sleep(0.02)


@shared_task(name="depot.sleep_in_database", atomic=True, soft_time_limit=1, time_limit=60)
def sleep_in_database() -> None:
    """Be in the middle of a statement when the limit strikes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")


@shared_task(bind=True, name="depot.kill_worker_beside")
def kill_worker_beside(self, other: str) -> None:
    """Kill the worker as soon as the job `other` runs in it too, or after a few seconds without it."""
    leave(self, "begun")
    deadline = time.monotonic() + 6
    while not Job.objects.filter(id=other, state="running").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(os.getpgrp(), signal.SIGKILL)


@shared_task(bind=True, name="depot.run_out_of_memory")
def run_out_of_memory(self, name: str, times: int = 99) -> str:
    leave(self, "begun")
    if is_first(self, times):
        raise MemoryError
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.seldom", rate_limit="2/s")
def seldom(self, name: str) -> str:
    """What a worker starts twice a second and no more often."""
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.hardly_ever", rate_limit="1/m")
def hardly_ever(self, name: str) -> str:
    """What a worker starts once a minute."""
    leave(self, name)
    return name


@shared_task(bind=True, name="depot.exhaust_memory")
def exhaust_memory(self, how: str, name: str = "", times: int = 99) -> str:
    """Run into a limit of the process's memory, as a container's child does that has one."""
    leave(self, "begun")
    if is_first(self, times):
        limit_memory(48 * 1024 * 1024)
        EXHAUST[how]()
    leave(self, name)
    return name


def limit_memory(more: int) -> None:
    """Let this process have so many bytes more than it has now."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + more, resource.RLIM_INFINITY))


def hoard() -> None:
    """Fill it with small pieces, all of which the traceback holds on to: nothing is left to report the failure with."""
    kept: list[Any] = []
    while True:
        kept.append([None] * 7)


#: A big piece at once, from Python and from within C code; small ones until nothing is left.
EXHAUST = {
    "at once": lambda: bytes(2**34),
    "in C code": lambda: zlib.decompress(zlib.compress(bytes(2**24)), bufsize=2**31 - 1),
    "piece by piece": hoard,
}


#: Has SQLite call one of Django's functions, as a filter by `__date` does, for as long as it is let.
COUNT_DAYS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000)
SELECT count(*) FROM n
WHERE django_datetime_cast_date(printf('2020-01-%02d 00:00:00', 1 + i % 28), 'UTC', 'UTC') = 'never'
"""


@shared_task(bind=True, name="depot.count_days", soft_time_limit=1, time_limit=60)
def count_days(self, name: str) -> None:
    """Be in a function that SQLite calls when the limit strikes; tidy up if it is known for what it is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_DAYS)
    except SoftTimeLimitExceeded:
        leave(self, name)
        raise


@shared_task(bind=True, name="depot.leave_early")
def leave_early(self, how: str) -> None:
    """Raise what is no `Exception`, as `exit()` does."""
    leave(self, "begun")
    raise getattr(builtins, how)(3)


@shared_task(bind=True, name="depot.leave_early_async")
async def leave_early_async(self, how: str) -> None:
    await asyncio.sleep(0)
    raise getattr(builtins, how)(3)
