"""The worker's consumer: what it cannot run waits, or is kept, before Celery lets go of the message."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery.worker import consumer

from hardy.broker.acknowledgement import left_to_the_ledger
from hardy.broker.connection import not_about_content
from hardy.db.failures import is_outage
from hardy.redis_errors import passes, passing_errors
from hardy.worker.admission import admit
from hardy.worker.rate_limits import RateLimits
from hardy.worker.unrunnable import set_aside_unreadable, wait_for_a_worker_that_knows

logger = logging.getLogger(__name__)

#: Seconds until a broker is tried again that answers and may not write.
PAUSE = 1.0


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Celery's consumer, which writes off nothing that the ledger can keep."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.rate_limits = RateLimits(self)
        super().__init__(*args, **kwargs)
        self.connection_errors: tuple[type[Exception], ...]
        self.connection_errors += passing_errors()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Connect anew; a server that answers and may not write is left alone for a moment."""
        super().on_connection_error_after_connected(exc)
        if passes(exc):
            logger.warning(
                "The broker answers and may not write now (%s); it is tried again every second", exc
            )
            time.sleep(PAUSE)

    def connection_for_read(self, heartbeat: Any = None) -> Any:
        """Return the connection that tasks are consumed from."""
        connection = self.app.connection_for_read(heartbeat=heartbeat)
        return self.ensure_connected(left_to_the_ledger(connection))

    def create_task_handler(self) -> Any:
        """Return what receives each message; one that cannot be received costs only itself."""
        receive = super().create_task_handler()
        of_the_broker = not_about_content((*self.connection_errors, *self.channel_errors))

        def receive_or_set_aside(message: Any) -> None:
            try:
                admit(self.app, message)
                receive(message)
            except of_the_broker:
                raise
            except Exception as error:
                if is_outage(error):
                    raise
                set_aside_unreadable(self, message, error)
                message.ack_log_error(logger, self.connection_errors)

        return receive_or_set_aside

    def _limit_task(self, request: Any, bucket: Any, tokens: int) -> Any:
        """Receive a task that has a rate limit: what is over it waits in the ledger."""
        if not self.rate_limits.defer(request, bucket):
            super()._limit_task(request, bucket, tokens)

    def _limit_post_eta(self, request: Any, bucket: Any, tokens: int) -> Any:
        self.qos.decrement_eventually()
        return self._limit_task(request, bucket, tokens)

    def reset_rate_limits(self) -> None:
        """Receive new limits (`celery control rate_limit`): what waits is measured by them."""
        super().reset_rate_limits()
        self.rate_limits.give_back()

    def on_close(self) -> None:
        """Let go of what was not started; what waits for its limit is there for others at once."""
        self.rate_limits.leave()
        super().on_close()

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Celery would store a failure at once, which whoever waits for the result would take for the end."""
        if wait_for_a_worker_that_knows(self.app, message):
            message.reject_log_error(logger, self.connection_errors)
            return
        super().on_unknown_task(body, message, exc)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Celery tells nobody of this one."""
        set_aside_unreadable(self, message, exc)
        super().on_decode_error(message, exc)
