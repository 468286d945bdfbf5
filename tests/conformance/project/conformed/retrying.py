"""Tasks that ask for another attempt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import celery
from celery import shared_task

from conformed.failing import Odd
from conformed.models import leave
from conformed.steered import field


def name(name: str) -> str:
    return f"conformed.{name}"


#: Seconds until the next attempt: stock Celery publishes it first and then writes down the state that it waits for.
SOON = 0.3


class Noting(celery.Task):
    """Leaves when the next attempt is due."""

    abstract = True

    def on_retry(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        when = einfo.exception.exc.when  # billiard wraps it, with its traceback
        leave(task_id, "retry", [repr(exc), "a time" if isinstance(when, datetime) else when])


@shared_task(bind=True, name=name("retry"), base=Noting, max_retries=3)
def retry(self: Any, failures: int, **options: Any) -> str:
    """Fail ``failures`` times, each time with a cause."""
    leave(self.request.id, "attempt", self.request.retries)
    if self.request.retries < failures:
        raise self.retry(exc=Odd(f"attempt {self.request.retries}"), **{"countdown": SOON, **options})
    return f"after {self.request.retries}"


@shared_task(bind=True, name=name("retry_without_cause"), max_retries=1, default_retry_delay=SOON)
def retry_without_cause(self: Any) -> None:
    leave(self.request.id, "attempt", self.request.retries)
    raise self.retry()


@shared_task(bind=True, name=name("retry_what_is_handled"), max_retries=1, default_retry_delay=SOON)
def retry_what_is_handled(self: Any) -> None:
    try:
        raise Odd("handled")
    except Odd:
        self.retry()


@shared_task(bind=True, name=name("retry_with_others"))
def retry_with_others(self: Any, *args: Any, **kwargs: Any) -> list[Any]:
    if self.request.retries == 0:
        raise self.retry(args=[2], kwargs={"more": 3}, countdown=SOON)
    return [list(args), kwargs]


@shared_task(bind=True, name=name("retry_and_go_on"))
def retry_and_go_on(self: Any) -> str:
    if self.request.retries == 0:
        self.retry(throw=False, countdown=SOON)
    leave(self.request.id, "went on", self.request.retries)
    return f"attempt {self.request.retries}"


@shared_task(bind=True, name=name("retry_at"), base=Noting)
def retry_at(self: Any) -> str:
    if self.request.retries == 0:
        raise self.retry(eta=datetime.now(UTC))
    return "later"


@shared_task(bind=True, name=name("retry_later"), base=Noting, default_retry_delay=600)
def retry_later(self: Any, **options: Any) -> None:
    raise self.retry(exc=Odd("later"), **options)


@shared_task(bind=True, name=name("retry_and_describe"))
def retry_and_describe(self: Any, options: dict[str, Any], *fields: str) -> list[Any]:
    if self.request.retries == 0:
        raise self.retry(countdown=SOON, **options)
    return [field(self.request, name) for name in fields]


@shared_task(bind=True, name=name("progress_then_retry"), default_retry_delay=600)
def progress_then_retry(self: Any) -> None:
    self.update_state(state="PROGRESS", meta={"done": 1})
    raise self.retry(exc=Odd("later"))


AUTOMATIC: dict[str, Any] = {
    "retry_automatically": {"retry_backoff": False, "default_retry_delay": SOON},
    "retry_backing_off": {"retry_backoff": 700, "retry_backoff_max": 1000, "retry_jitter": False},
    "retry_backing_off_capped": {"retry_backoff": 7000, "retry_backoff_max": 1000, "retry_jitter": False},
    "retry_with_options": {"retry_kwargs": {"max_retries": 1, "countdown": SOON}},
}


def _attempt(self: Any, failures: int, kind: str = "") -> str:
    leave(self.request.id, "attempt", self.request.retries)
    if self.request.retries < failures:
        raise KeyError("not retried") if kind == "key" else Odd(f"attempt {self.request.retries}")
    return f"after {self.request.retries}"


for each, options in AUTOMATIC.items():
    shared_task(bind=True, name=name(each), base=Noting, autoretry_for=(Odd,), max_retries=2, **options)(
        _attempt
    )

shared_task(
    bind=True, name=name("retry_all_but_odd"), autoretry_for=(Exception,), dont_autoretry_for=(Odd,),
    default_retry_delay=SOON,
)(_attempt)  # fmt: skip
shared_task(bind=True, name=name("throw_odd"), throws=(Odd,))(_attempt)
