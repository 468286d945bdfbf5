"""Tasks whose hooks leave what they are called with, and tasks of other shapes."""

from __future__ import annotations

from typing import Any

import celery
from celery import shared_task
from celery._state import connect_on_app_finalize

from conformed.failing import Odd
from conformed.models import leave
from conformed.retrying import SOON
from conformed.steered import hang_on


def name(name: str) -> str:
    return f"conformed.{name}"


class Hooked(celery.Task):
    """Every hook that Celery has."""

    abstract = True
    colour = "red"

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        leave(task_id, "before_start", [args, kwargs])

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        leave(task_id, "on_success", [retval, args, kwargs])

    def on_failure(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        leave(task_id, "on_failure", [repr(exc), args, kwargs, type(einfo).__name__])

    def on_retry(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        leave(task_id, "on_retry", [repr(exc), args, kwargs, type(einfo).__name__])

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        told = repr(retval) if isinstance(retval, BaseException) else retval
        leave(task_id, "after_return", [status, told, args, kwargs, type(einfo).__name__])


@shared_task(bind=True, base=Hooked, name=name("hooked"))
def hooked(self: Any, how: str, **kwargs: Any) -> str:
    leave(self.request.id, "body")
    if how == "fail":
        raise Odd("hooked")
    if how == "retry" and self.request.retries == 0:
        raise self.retry(exc=Odd("hooked"), countdown=SOON)
    if how == "ignore":
        raise celery.exceptions.Ignore
    if how == "reject":
        raise celery.exceptions.Reject("no", requeue=False)
    return how


class Raising(celery.Task):
    """Hooks that fail themselves."""

    abstract = True

    def on_success(self, retval: Any, task_id: str, *_: Any) -> None:
        leave(task_id, "on_success")
        raise Odd("on_success")

    def on_failure(self, exc: Any, task_id: str, *_: Any) -> None:
        leave(task_id, "on_failure")
        raise Odd("on_failure")

    def on_retry(self, exc: Any, task_id: str, *_: Any) -> None:
        leave(task_id, "on_retry")
        raise Odd("on_retry")


@shared_task(bind=True, base=Raising, name=name("hooked_badly"))
def hooked_badly(self: Any, how: str) -> str:
    leave(self.request.id, "body")
    if how == "fail":
        raise Odd("hooked")
    if how == "retry" and self.request.retries == 0:
        raise self.retry(exc=Odd("hooked"), countdown=SOON)
    return how


@shared_task(bind=True, base=Hooked, name=name("hooked_with_limit"), time_limit=1)
def hooked_with_limit(self: Any) -> None:
    hang_on()


@shared_task(bind=True, base=Hooked, name=name("coloured"))
def coloured(self: Any) -> list[Any]:
    """Has the attributes of its base class, is bound, and knows its name."""
    return [self.colour, self.name, type(self).__name__, self.max_retries]


class Counting(celery.Task):
    """A class-based task with a state of its own, kept from run to run in a process."""

    name = name("counting")

    def __init__(self) -> None:
        self.made = "once"

    def run(self, number: int) -> list[Any]:
        return [self.made, number, self.name]


connect_on_app_finalize(lambda app: app.register_task(Counting()))


@shared_task(name=name("keyword_only"))
def keyword_only(*, one: int, other: int = 2) -> list[int]:
    return [one, other]


@shared_task(name=name("untyped"), typing=False)
def untyped(one: int) -> int:
    return one


# tasks whose signals are listened to; see `conformed.listening`


@shared_task(bind=True, name=name("watched"))
def watched(self: Any, how: str = "succeed") -> str:
    leave(self.request.id, "body")
    if how == "fail":
        raise Odd("watched")
    if how == "retry" and self.request.retries == 0:
        raise self.retry(exc=Odd("watched"), countdown=SOON)
    if how == "ignore":
        raise celery.exceptions.Ignore
    if how == "reject":
        raise celery.exceptions.Reject("no", requeue=False)
    if how == "hang":
        hang_on()
    return how
