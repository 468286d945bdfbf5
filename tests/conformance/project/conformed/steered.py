"""Tasks that tell what they know of themselves, and tasks that are stopped."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from conformed.models import Note, leave


def name(name: str) -> str:
    return f"conformed.{name}"


def field(request: Any, name: str) -> Any:
    """One field of a request, as plain data; a dot goes into what it holds."""
    value = request
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
    return str(value) if isinstance(value, datetime) else value


@shared_task(bind=True, name=name("describe"))
def describe(self: Any, *fields: Any, **kwargs: Any) -> list[Any]:
    """The fields of its request whose names it is given; what else it is given is not looked at."""
    return [field(self.request, name) for name in fields if isinstance(name, str)]


@shared_task(bind=True, name=name("describe_routed"))
def describe_routed(self: Any, *fields: str) -> list[Any]:
    return [field(self.request, name) for name in fields]


@shared_task(bind=True, name=name("start_and_finish"))
def start_and_finish(self: Any) -> str:
    """Begin, and end when told by a note."""
    return wait_for_the_end(self)


@shared_task(bind=True, name=name("progress"))
def progress(self: Any) -> str:
    self.update_state(state="PROGRESS", meta={"done": 1, "of": 2})
    return wait_for_the_end(self)


@shared_task(bind=True, name=name("hang"))
def hang(self: Any) -> None:
    leave(self.request.id, "begun")
    hang_on()


@shared_task(bind=True, name=name("tidy_up"), soft_time_limit=1, time_limit=60)
def tidy_up(self: Any) -> str:
    try:
        hang_on()
    except SoftTimeLimitExceeded:
        return "tidied up"
    return "not stopped"


@shared_task(name=name("overrun"), soft_time_limit=1, time_limit=60)
def overrun() -> None:
    hang_on()


@shared_task(name=name("overrun_hard"), time_limit=1)
def overrun_hard() -> None:
    hang_on()


def wait_for_the_end(task: Any) -> str:
    leave(task.request.id, "begun")
    while not Note.objects.filter(job=task.request.id, what="finish").exists():
        time.sleep(0.05)
    return "finished"


def hang_on() -> None:
    """Take longer than any test waits."""
    for _ in range(3000):
        time.sleep(0.1)
