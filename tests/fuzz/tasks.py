"""Tasks that ask for something strange from within a worker."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from depot.tasks import is_first, leave, record

from hardy import Snooze


@shared_task(bind=True, name="fuzz.ask_again", max_retries=1)
def ask_again(self, options: dict[str, Any]) -> None:
    if not self.request.retries:
        raise self.retry(**options)


@shared_task(bind=True, name="fuzz.be_replaced")
def be_replaced(self, options: dict[str, Any]) -> None:
    raise self.replace(record.si("bad").set(**options))


@shared_task(bind=True, name="fuzz.sleep_on")
def sleep_on(self, options: dict[str, Any]) -> None:
    leave(self, "begun")
    if is_first(self):
        raise Snooze(next(iter(options.values())))
