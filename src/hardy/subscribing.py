"""Results on Redis and ``rpc://``: no sender waits for the server that they come from.

On Redis nobody subscribes to a result before it is waited for.

Celery subscribes to each result when its task is sent (and once more when it belongs to a group), on a connection that
each thread opens anew and that waits for minutes if Redis does not answer. Whoever waits for a result looks first
whether it is there: subscribing just before that is soon enough.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from celery.backends.asynchronous import greenletDrainer
from kombu.utils.functional import retry_over_time

from hardy.chord_size import bound_what_senders_write
from hardy.redis_errors import passing_errors


def subscribe_late(backend: Any) -> Any:
    """Return Celery's ``backend``, which now subscribes on Redis only for who waits; any other is left as it is."""
    module: Any = sys.modules.get("celery.backends.redis")
    if module is not None and isinstance(backend, module.RedisBackend):
        backend.on_task_call = lambda *sent: None
        # Celery tries again what failed with one of these, and a Redis that may not write now will write later.
        backend.connection_errors = (*backend.connection_errors, *passing_errors())
        _count_parts_when_it_may_write(backend)
        bound_what_senders_write(backend)
        # Under gevent and eventlet a greenlet reads what comes for all results, and calls back with nobody waiting.
        if not isinstance(backend.result_consumer.drainer, greenletDrainer):
            _LooksTwice(backend)
    module = sys.modules.get("celery.backends.rpc")
    if module is not None and isinstance(backend, module.RPCBackend):
        _declare_when_it_is_published(backend)
        _Late(backend)
    return backend


def _declare_when_it_is_published(backend: Any) -> None:
    """``rpc://``: whoever writes a row waits for no broker; its reply queue is declared before it is published."""
    declare = backend.on_task_call

    def on_task_call(producer: Any, task_id: str) -> None:
        if not getattr(producer, "keeps_messages", False):
            declare(producer, task_id)

    backend.on_task_call = on_task_call


def reply_queues(app: Any, reply_to: str | None) -> list[Any]:
    """Return the queue, as Celery declares it, that the result of a task which is published now will go to."""
    module: Any = sys.modules.get("celery.backends.rpc")
    if not reply_to or module is None or not isinstance(app.backend, module.RPCBackend):
        return []
    backend, mine = app.backend, app.backend.binding  # RabbitMQ refuses to declare it in two ways
    queue = backend.Queue(
        reply_to, backend.exchange, reply_to,
        durable=mine.durable, auto_delete=mine.auto_delete, expires=mine.expires,
    )  # fmt: skip
    return [queue]


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
        self._apply_chord, backend.apply_chord = backend.apply_chord, self.apply_chord
        self._is_sending = threading.local()

    def add_pending(self, result: Any, weak: bool = False, **options: Any) -> Any:
        """Note that ``result`` is of interest; Celery says ``weak`` of the parts of a group, while it sends them."""
        with self._sending(weak):
            return self._add_pending(result, weak=weak, **options)

    def apply_chord(self, *chord: Any, **options: Any) -> Any:
        """Send a chord: Celery looks at its parts' results to see whether they are groups."""
        with self._sending(True):
            return self._apply_chord(*chord, **options)

    @contextmanager
    def _sending(self, now: bool) -> Iterator[None]:
        before = getattr(self._is_sending, "now", False)
        self._is_sending.now = before or now
        try:
            yield
        finally:
            self._is_sending.now = before

    def subscribe(self, task_id: str) -> None:
        if not getattr(self._is_sending, "now", False):
            self._subscribe(task_id)

    def look(self, result: Any, **options: Any) -> Any:
        """Subscribe to what is waited for, and only then look what is there."""
        for part in _parts_of(result):
            self._subscribe(part.id)
        return self._look(result, **options)


class _LooksTwice(_Late):
    """On Redis a subscription and a look take two connections, and the look may arrive first.

    A result that is stored between the two is neither seen nor announced. So there is one more look once the
    subscriptions have been confirmed.
    """

    #: Seconds until that look whatever has been confirmed.
    LATEST = 1.0

    def __init__(self, backend: Any) -> None:
        super().__init__(backend)
        consumer = backend.result_consumer
        self._wait, consumer._wait_for_pending = consumer._wait_for_pending, self.wait

    def wait(self, result: Any, **options: Any) -> Iterator[None]:
        """Yield whenever something has come, be it a confirmation."""
        latest = time.monotonic() + self.LATEST
        confirmations = sum(1 for _ in _parts_of(result))
        has_looked = False
        for come, nothing in enumerate(self._wait(result, **options), start=1):
            if not has_looked and (come >= confirmations or time.monotonic() >= latest):
                has_looked = True
                if any(_parts_of(result)):
                    self._look(result)
            yield nothing


def _parts_of(result: Any) -> Iterator[Any]:
    """Yield every task's result in ``result``, however deep its groups are nested, that is not known yet."""
    if hasattr(result, "results"):
        for part in result.results:
            yield from _parts_of(part)
    elif not getattr(result, "_cache", None):
        yield result
