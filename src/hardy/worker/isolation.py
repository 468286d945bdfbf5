"""A job that may crash no more runs alone in its worker, so that only the culprit is taken for one.

When a whole worker is killed, every attempt it ran has crashed, and nothing tells whose fault that was. A job on its
last chance therefore waits until its worker runs nothing else, and the others wait until it is over. Neither waits
for more than a minute: an attempt of an hour beside it must not idle a worker for that long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from celery.worker import state as celery_state

from hardy.conf import settings
from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.message import attempts_asked_for
from hardy.ledger.models import Job
from hardy.worker.request import is_open

logger = logging.getLogger(__name__)

#: Seconds between two looks at whether the next one may start.
PAUSE = 0.1
#: Seconds that a suspect waits for the others, or they for it.
LONGEST_WAIT = 60.0

Start = Callable[[Any], None]


class Isolation:
    """Stands between a worker's consumer and its pool. ``start`` hands a request to the pool."""

    def __init__(self, start: Start, call_after: Callable[[float, Callable[[], None]], object]) -> None:
        self._start, self._call_after = start, call_after
        self._waiting: deque[Any] = deque()
        self._alone: Any = None
        self._since = 0.0
        self._lock = threading.RLock()  # some pools have a timer thread

    def submit(self, request: Any) -> None:
        """Start the request now, or as soon as no suspect is in its way."""
        if self._alone is None and not self._waiting and not is_suspect(request):
            self._start(request)
            return
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(request)
            self._advance()

    def _advance(self) -> None:
        with self._lock:
            while self._waiting and self._may_start(self._waiting[0]):
                self._start_next()
            if self._waiting:
                self._call_after(PAUSE, self._advance)

    def _may_start(self, request: Any) -> bool:
        if self._alone is not None and is_open(self._alone):
            return not is_suspect(request) and self._has_waited()
        self._alone = None
        return not is_suspect(request) or not _is_anything_running() or self._has_waited()

    def _has_waited(self) -> bool:
        return time.monotonic() - self._since > LONGEST_WAIT

    def _start_next(self) -> None:
        request, self._since = self._waiting.popleft(), time.monotonic()
        if is_suspect(request):
            self._alone = request
            logger.warning("%s[%s] has crashed before; it runs alone now", request.name, request.id)
        try:
            self._start(request)
        except Exception:
            logger.exception("%s[%s] could not be started; it is given back", request.name, request.id)
            request.reject(requeue=True)


def is_suspect(request: Any) -> bool:
    """Return whether one more crash makes the job a dead letter, as far as the ledger can be asked."""
    header = getattr(request, "ledger_header", None)
    if not header or settings.CRASH_CAP < 2:
        return False
    # A look at the ledger only for those that can have crashed so often.
    if header["attempts"] - attempts_asked_for(request.request_dict) < settings.CRASH_CAP - 1:
        return False
    known: bool | None = getattr(request, "_hardy_suspect", None)
    if known is None:
        known = request._hardy_suspect = _has_crashed_often(request.id)
    return known


def _has_crashed_often(job: str) -> bool:
    jobs = Job.objects.filter(id=job, crashes__gte=settings.CRASH_CAP - 1)
    try:
        return jobs.exists()
    except DATABASE_ERRORS:
        return False


def _is_anything_running() -> bool:
    """Whether the pool has been given anything that is not over. What has its result object has been given to it."""
    known = [*celery_state.reserved_requests, *celery_state.active_requests]
    return any(getattr(request, "_apply_result", None) is not None for request in known)


def isolate_suspects(worker: Any) -> None:
    """Put the isolation between ``worker``'s consumer, which is not made yet, and its pool."""
    is_direct = worker.process_task == worker._process_task
    isolation = Isolation(worker._process_task, worker.timer.call_after)
    worker._process_task = isolation.submit
    if is_direct:  # else it is Celery's semaphore, which calls the above
        worker.process_task = isolation.submit
