"""A task that writes to the log as libraries do, and as Celery's own loggers do."""

from __future__ import annotations

import logging

from celery import shared_task
from celery.utils.log import get_task_logger


@shared_task(bind=True, name="depot.talk", max_retries=3)
def talk(self, retries: int) -> None:
    logging.getLogger("some.library").info("a library said")
    get_task_logger(__name__).info("a task said")
    if self.request.retries < retries:
        raise self.retry(countdown=0)
