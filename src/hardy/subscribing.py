"""Results on Redis: nobody subscribes to one before it is waited for, so that no sender waits for Redis.

Celery subscribes to each result when its task is sent (and once more when it belongs to a group), on a connection that
each thread opens anew and that waits for minutes if Redis does not answer. Whoever waits for a result looks first
whether it is there: subscribing just before that is soon enough.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from celery.backends.asynchronous import greenletDrainer
from kombu.utils.functional import retry_over_time

from hardy.redis_errors import passing_errors


def subscribe_late(backend: Any) -> Any:
    """Return Celery's ``backend``, which now subscribes on Redis only for who waits; any other is left as it is."""
    module: Any = sys.modules.get("celery.backends.redis")
    if module is not None and isinstance(backend, module.RedisBackend):
        backend.on_task_call = lambda *sent: None
        # Celery tries again what failed with one of these, and a Redis that may not write now will write later.
        backend.connection_errors = (*backend.connection_errors, *passing_errors())
        _count_parts_when_it_may_write(backend)
        # Under gevent and eventlet a greenlet reads what comes for all results, and calls back with nobody waiting.
        if not isinstance(backend.result_consumer.drainer, greenletDrainer):
            _Late(backend)
    return backend


def _count_parts_when_it_may_write(backend: Any) -> None:
    """Have the end of a chord's part, which Celery counts without a second try, wait as results do."""
    script = cache(lambda: type(backend)._chord_part_return_script.func(backend))

    def count_patiently(**said: Any) -> Any:
        # Nothing was counted where it may not write. After a lost connection nobody knows, so that is raised.
        log = partial(backend.on_connection_error, backend.retry_policy["max_retries"])
        return retry_over_time(script(), passing_errors(), (), said, log, **backend.retry_policy)

    backend._chord_part_return_script = count_patiently


class _Late:
    """Stands between a backend and its consumer of messages about results."""

    def __init__(self, backend: Any) -> None:
        consumer = backend.result_consumer
        self._add_pending, backend.add_pending_result = backend.add_pending_result, self.add_pending
        self._subscribe, consumer.consume_from = consumer.consume_from, self.subscribe
        self._look, consumer.on_wait_for_pending = consumer.on_wait_for_pending, self.look
        self._is_sending = threading.local()

    def add_pending(self, result: Any, weak: bool = False, **options: Any) -> Any:
        """Note that ``result`` is of interest; Celery says ``weak`` of the parts of a group, while it sends them."""
        self._is_sending.now = weak
        try:
            return self._add_pending(result, weak=weak, **options)
        finally:
            self._is_sending.now = False

    def subscribe(self, task_id: str) -> None:
        if not getattr(self._is_sending, "now", False):
            self._subscribe(task_id)

    def look(self, result: Any, **options: Any) -> Any:
        """Subscribe to what is waited for, and only then look what is there."""
        for part in _parts_of(result):
            self._subscribe(part.id)
        return self._look(result, **options)


def _parts_of(result: Any) -> Iterator[Any]:
    """Yield every task's result in ``result``, however deep its groups are nested, that is not known yet."""
    if hasattr(result, "results"):
        for part in result.results:
            yield from _parts_of(part)
    elif not getattr(result, "_cache", None):
        yield result
