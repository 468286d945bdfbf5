"""The worker's consumer: what it cannot run waits, or is kept, before Celery lets go of the message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery.worker import consumer

from hardy import events
from hardy.broker.acknowledgement import left_to_the_ledger
from hardy.broker.connection import not_about_content
from hardy.db.failures import is_outage
from hardy.db.outage import DatabaseAway
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

    def ensure_connected(self, connection: Any) -> Any:
        """Connect as Celery does, which tells nobody but the log how often it has to try."""
        ensure = connection.ensure_connection
        connection.ensure_connection = partial(_telling, ensure)
        try:
            return super().ensure_connected(connection)
        finally:
            del connection.ensure_connection

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
                    self._give_back(message)
                    raise
                self._set_aside(message, error)
                if not message.acknowledged:
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

    def _set_aside(self, message: Any, error: Exception | None) -> None:
        try:
            set_aside_unreadable(self, message, error)
        except DatabaseAway:
            self._give_back(message)
            raise

    def _give_back(self, message: Any) -> None:
        """This worker ends now, and Redis has forgotten the message: it must have it again."""
        if not message.acknowledged:
            message.reject_log_error(logger, self.connection_errors, requeue=True)

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """Celery lets go of the message before it tells anybody."""
        self._set_aside(message, None)
        super().on_unknown_message(body, message)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Celery lets go of the message before it tells anybody."""
        self._set_aside(message, exc)
        super().on_invalid_task(body, message, exc)

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Celery would store a failure at once, which whoever waits for the result would take for the end."""
        if wait_for_a_worker_that_knows(self.app, message):
            message.reject_log_error(logger, self.connection_errors)
            return
        super().on_unknown_task(body, message, exc)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Celery tells nobody of this one."""
        self._set_aside(message, exc)
        super().on_decode_error(message, exc)


def _telling(ensure: Callable[..., Any], log: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    def tell_and_log(error: Exception, *waits: Any) -> None:
        events.emit(events.connection_retried, None, to="broker", error=str(error))
        log(error, *waits)

    return ensure(tell_and_log, *args, **kwargs)
