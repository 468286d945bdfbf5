"""The relay: publishes rows that may start and that the broker does not know of, and finds those that it lost."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from hardy.broker import connection as broker
from hardy.broker.confirms import confirmed
from hardy.broker.refusals import is_about_the_queue, publish_what_it_takes
from hardy.db.clock import seconds_from_now
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.models import Job
from hardy.ledger.set_aside import set_aside

logger = logging.getLogger(__name__)

#: The lease of the one process that relays.
LEASE = "Relay"
#: Rows published in one go.
BATCH = 500
#: Seconds that the process which enqueued a task has to publish it itself.
GRACE = 1.0
#: Seconds after which a row that was published, and that the broker does not seem to have, is published again.
LOST_AFTER = 10.0
#: Seconds that workers have to reclaim what a dead worker left, before it goes to the end of a broker's queue. They
#: take nothing while the broker is away, and it may take its time to start.
LEFT_TO_WORKERS = 30.0


def relay(app: Any) -> int:
    """Publish held rows whose time has come, longest due first; return how many."""
    published = 0
    waiting = _overdue()
    if not waiting:
        return 0
    while waiting:
        for queue in dict.fromkeys(row.queue for row in waiting):
            published += _publish(app, [row for row in waiting if row.queue == queue])
        waiting = _overdue() if len(waiting) == BATCH else []
    return published


def _publish(app: Any, rows: Sequence[Any]) -> int:
    """Publish rows of one queue; one that the broker refuses does not keep the others from theirs."""
    return mark_published(publish_what_it_takes(app, rows, publish_batch))


def publish_batch(app: Any, connection: Any, rows: Sequence[Any]) -> None:
    """Publish rows that have ``queue``, ``token``, ``attempts`` and their message as ``text``, in order."""
    producer = app.amqp.Producer(connection, auto_declare=False)
    # One round trip, where the transport can: a pipeline on Redis, confirms for the whole batch on RabbitMQ.
    with confirmed(connection, producer.channel, broker.DEADLINE), broker.batch(producer):
        for row in rows:
            try:
                broker.publish(app, producer, row)
            except broker.errors_of(connection):
                raise
            except Exception as error:
                # The broker is well, the row is not: it must not stand in the way of the others.
                set_aside(row.id, row.token, error)


def mark_published(rows: Sequence[Any]) -> int:
    """Held rows that were published become queued; return how many.

    One that has moved on meanwhile is left alone: a quick worker may have run it already, and its retry is held now.
    """
    by_token: dict[int, list[str]] = {}
    for row in rows:
        by_token.setdefault(row.token, []).append(row.id)
    return sum(_mark(ids, token) for token, ids in by_token.items())


def _mark(ids: Sequence[str], token: int) -> int:
    connection = ledger_connection()
    dialect = dialect_of(connection)
    quick = f"WITH {dialect.async_commit_cte.removeprefix(', ')} " if dialect.async_commit_cte else ""
    mark = (
        f"{quick}UPDATE hardy_job SET state = 'queued', published_at = {dialect.now}"
        f" WHERE id IN ({', '.join(['%s'] * len(ids))}) AND token = %s AND state IN ('held', 'queued')"
        f"{dialect.async_commit_condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(mark, [*ids, token])
        return int(cursor.rowcount)


def find_lost(app: Any) -> int:
    """Publish queued rows again that the broker does not have any more; return how many.

    A queue that is merely long is left alone: rows are published again only as far as the broker holds fewer messages
    than the ledger has queued rows. Messages that workers have prefetched are published a second time at most once,
    because the copy counts as well; one claim wins.
    """
    waited = Q(sent__lt=seconds_from_now(-LOST_AFTER))
    by_queue = _sent().values("queue")
    counts = list(by_queue.annotate(all=Count("id"), waited=Count("id", filter=waited)).order_by())
    if not any(row["waited"] for row in counts):
        return 0
    with broker.connection_to(app) as connection:
        connection.connect()
        missing = {
            row["queue"]: row["all"] - _size(app, connection, row["queue"]) for row in counts if row["waited"]
        }
    return sum(_publish_again(app, queue, count) for queue, count in missing.items() if count > 0)


def _publish_again(app: Any, queue: str, missing: int) -> int:
    rows = _sent().filter(queue=queue, sent__lt=seconds_from_now(-LOST_AFTER))
    lost = [_Row(job) for job in rows.order_by("sent")[: min(missing, BATCH)]]
    published = publish_what_it_takes(app, lost, publish_batch)
    logger.warning(
        "Queue %s: %d jobs that the broker did not have were published again", queue, len(published)
    )
    return mark_published(published)


def _size(app: Any, connection: Any, queue: str) -> int:
    """Return how many messages the broker holds for ``queue``, without those that workers have taken.

    A queue that it refuses counts as endless: nothing that is published again would get there.
    """
    try:
        with connection.channel() as channel:
            declared = app.amqp.queues[queue](channel)
            declared.declare()
            # Not passively: on Redis an empty queue does not exist.
            return int(declared.queue_declare(passive=False).message_count)
    except Exception as error:
        if not is_about_the_queue(error):
            raise
        logger.error("The broker refuses queue %s (%s)", queue, error)
        return sys.maxsize


class _Row:
    """A job as the publisher wants it."""

    def __init__(self, job: Job) -> None:
        self.id, self.queue, self.text = job.id, job.queue, job.message
        self.token, self.attempts = job.token, job.attempts


def _overdue() -> list[_Row]:
    due = Job.objects.filter(
        state=Job.State.HELD, due_at__lte=seconds_from_now(0), enqueued_at__lte=seconds_from_now(-GRACE)
    )
    being_reclaimed = Q(crashes__gt=0, due_at__gt=seconds_from_now(-LEFT_TO_WORKERS))
    return [_Row(job) for job in due.exclude(being_reclaimed).order_by("due_at")[:BATCH]]


def _sent() -> Any:
    """Queued rows, each with the time it was ``sent``; a foreign one came from the broker itself."""
    return Job.objects.filter(state=Job.State.QUEUED).annotate(sent=Coalesce("published_at", "enqueued_at"))
