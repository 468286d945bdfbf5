"""Tasks that fail, in every way a task can, and those who hear of it."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from celery import shared_task
from celery.exceptions import Ignore, Reject

from conformed.models import Note, leave


class Odd(Exception):
    """What a task fails with."""


class Picky(Exception):
    """An exception that cannot be made from its arguments."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")


class Holding(Exception):
    """An exception that no serialiser takes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


def name(name: str) -> str:
    return f"conformed.{name}"


@shared_task(name=name("fail"))
def fail(text: str = "odd") -> None:
    raise Odd(text)


@shared_task(name=name("fail_with"))
def fail_with(kind: str, *args: Any) -> None:
    """Fail with one of Python's own exceptions."""
    raise vars(__import__("builtins"))[kind](*args)


@shared_task(name=name("fail_with_text"))
def fail_with_text(text: Any) -> None:
    raise Odd(str(text))


@shared_task(name=name("fail_pickily"))
def fail_pickily() -> None:
    raise Picky(7, "odd")


@shared_task(name=name("fail_holding_a_lock"))
def fail_holding_a_lock() -> None:
    raise Holding("odd")


@shared_task(name=name("fail_with_an_object"))
def fail_with_an_object() -> None:
    raise Odd("odd", object)


@shared_task(name=name("fail_from_a_cause"))
def fail_from_a_cause() -> None:
    try:
        raise KeyError("cause")
    except KeyError as cause:
        raise Odd("effect") from cause


@shared_task(name=name("return_a_coroutine"))
async def return_a_coroutine(number: int) -> int:
    return number


@shared_task(name=name("return_an_object"))
def return_an_object() -> object:
    return object()


@shared_task(name=name("return_an_exception"))
def return_an_exception() -> Exception:
    return Odd("returned")


@shared_task(bind=True, name=name("ignore"))
def ignore(self: Any) -> None:
    leave(self.request.id, "begun")
    raise Ignore


@shared_task(bind=True, name=name("ignore_with_a_state"))
def ignore_with_a_state(self: Any) -> None:
    self.update_state(state="MINE", meta={"kept": True})
    raise Ignore


@shared_task(bind=True, name=name("reject"))
def reject(self: Any) -> None:
    leave(self.request.id, "begun")
    raise Reject("not now", requeue=False)


@shared_task(bind=True, name=name("reject_once"))
def reject_once(self: Any) -> str:
    leave(self.request.id, "begun")
    if Note.objects.filter(job=self.request.id, what="begun").count() == 1:
        raise Reject("not now", requeue=True)
    return "later"


@shared_task(bind=True, name=name("kill_my_process_once"))
def kill_my_process_once(self: Any) -> str:
    leave(self.request.id, "begun")
    if Note.objects.filter(job=self.request.id, what="begun").count() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return "again"


# those who hear of it


@shared_task(name=name("hear_error"))
def hear_error(request: Any, error: Any, traceback: Any, of: str = "") -> None:
    """An errback in Celery's newer form: it runs where the task failed."""
    leave(of or request.id, "errback", [request.id, repr(error), "Traceback" in str(traceback)])


@shared_task(bind=True, name=name("hear_error_bound"))
def hear_error_bound(self: Any, failed: str, of: str = "") -> None:
    """An errback in Celery's classic form: it is sent, with the id of what failed."""
    leave(of or failed, "errback", [failed, self.request.parent_id, self.request.root_id])


@shared_task(name=name("hear_badly"))
def hear_badly(request: Any, error: Any, traceback: Any) -> None:
    raise Odd("errback")
