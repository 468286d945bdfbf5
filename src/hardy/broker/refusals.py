"""What a broker refuses costs only itself: it is found among its neighbours, which are published.

A broker breaks a batch off, and rarely says because of which message. A header that RabbitMQ does not accept closes the
channel, headers that fit into no frame the whole connection; a queue whose name is that of something else in Redis is
no list. Tried again as it is, the batch would be refused for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from amqp.exceptions import ConnectionForced, IrrecoverableConnectionError
from django.db.models import F
from kombu.exceptions import ChannelError

from hardy.broker import connection as broker
from hardy.broker.confirms import Nacked
from hardy.db.clock import seconds_from_now
from hardy.errors import BrokerAway, Undecodable, causes_of
from hardy.ledger.models import Job
from hardy.ledger.set_aside import set_aside

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Any)
PublishBatch = Callable[[Any, Any, Sequence[Any]], None]

#: Seconds that a row waits whose queue the broker refuses, or at which the connection breaks.
POSTPONED = 60.0
#: What Redis answers to a list's command for what is no list.
NO_LIST = "WRONGTYPE"


def publish_what_it_takes(app: Any, rows: Sequence[Row], publish_batch: PublishBatch) -> list[Row]:
    """Publish rows of one queue; return those that the broker has taken.

    A message that it refuses is a dead letter; rows of a queue that it refuses wait a minute. Raises
    :class:`BrokerAway` if it takes nothing at all.
    """
    try:
        return _publish(app, rows, publish_batch)
    except BrokerAway as error:
        if not may_be_a_refusal(error):
            raise
        if _refuses_the_queue(app, rows[0].queue, error):
            logger.error("The broker refuses queue %s (%s); its jobs wait a minute", rows[0].queue, error)
            postpone(rows)
            return []
    return _publish_in_parts(app, rows, publish_batch)


def _publish_in_parts(app: Any, rows: Sequence[Row], publish_batch: PublishBatch) -> list[Row]:
    """Publish rows of which one is refused: in halves, until it is alone."""
    if len(rows) == 1:
        return _publish_alone(app, rows, publish_batch)
    published: list[Row] = []
    for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        try:
            published += _publish(app, part, publish_batch)
        except BrokerAway as error:
            if not may_be_a_refusal(error):
                raise
            published += _publish_in_parts(app, part, publish_batch)
    return published


def _publish_alone(app: Any, rows: Sequence[Row], publish_batch: PublishBatch) -> list[Row]:
    [row] = rows
    try:
        return _publish(app, rows, publish_batch)
    except BrokerAway as error:
        if not may_be_a_refusal(error):
            raise
        if is_refused_in_words(error):
            set_aside(row.id, row.token, Undecodable(f"The broker refuses this message. {error}"))
        else:
            logger.error(
                "The connection to the broker breaks at job %s (%s); it waits a minute", row.id, error
            )
            postpone(rows)
    return []


def _publish(app: Any, rows: Sequence[Row], publish_batch: PublishBatch) -> list[Row]:
    with broker.connection_to(app) as connection:
        publish_batch(app, connection, rows)
    return list(rows)


def may_be_a_refusal(error: BrokerAway) -> bool:
    """Return whether the broker may have refused what it was given: it answered, or broke off."""
    return not any(
        isinstance(cause, (TimeoutError, ConnectionForced)) or "Timeout" in type(cause).__name__
        for cause in _behind(error)
    )


def is_refused_in_words(error: BrokerAway) -> bool:
    """Return whether the broker said that it does not take this: it will say so every time."""
    return any(isinstance(cause, (ChannelError, IrrecoverableConnectionError)) for cause in _behind(error))


def _refuses_the_queue(app: Any, queue: str, error: BrokerAway) -> bool:
    """Return whether the queue is refused, and not a message in it; raises BrokerAway if the broker is not well."""
    if any(isinstance(cause, Nacked) or NO_LIST in str(cause) for cause in _behind(error)):
        return True
    with broker.connection_to(app) as connection:
        connection.connect()  # what is refused here is this project, whatever it publishes
        try:
            app.amqp.queues[queue](connection.default_channel).declare()
        except Exception as refusal:
            if not is_about_the_queue(refusal):
                raise
            return True
    return False


def is_about_the_queue(error: BaseException) -> bool:
    """Return whether a broker that is well refuses a queue: it is declared in another way, or no queue at all."""
    return isinstance(error, ChannelError) or NO_LIST in str(error)


def postpone(rows: Sequence[Any]) -> None:
    """Let rows that could not be published wait; their new token keeps them from being marked as published."""
    for row in rows:
        held = Job.objects.filter(id=row.id, token=row.token, state__in=(Job.State.HELD, Job.State.QUEUED))
        held.update(state=Job.State.HELD, due_at=seconds_from_now(POSTPONED), token=F("token") + 1)


def _behind(error: BaseException) -> Iterator[BaseException]:
    return causes_of(error.__cause__ or error.__context__)
