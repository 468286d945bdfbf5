"""Handing over: what waits in the ledger becomes plain messages of Celery's, for workers that know nothing of hardy.

The ledger is the truth to the end: copies that were published are taken out of its queues first, so that what
was cancelled, or moved to another time, is not started by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.timezone import is_naive
from kombu.transport import TRANSPORT_ALIASES, memory

from hardy.broker import connection as broker
from hardy.broker.confirms import confirmed
from hardy.broker.refusals import is_refused_in_words
from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.errors import BrokerAway, HardyError
from hardy.ledger.content_signing import SIGNATURE_HEADER
from hardy.ledger.message import LEDGER_HEADER, decode
from hardy.ledger.models import Job, Run, Worker

#: Rows handed over in one transaction.
CHUNK = 100


WRITE_IT = "Name a broker that keeps messages: redis://host:6379/0 or amqp://user:password@host//"


class NotNow(HardyError):
    """Something must be done before the ledger can be handed over."""


def waiting() -> list[dict[str, Any]]:
    """Return, for each queue, how many jobs wait ``now`` and ``later``, and how many are ``with_workers``."""
    later = Q(due_at__gt=seconds_from_now(0))
    held = Q(state__in=(Job.State.RESERVED, Job.State.RUNNING))
    counts = Job.objects.values("queue").annotate(
        now=Count("id", filter=~later & ~held), later=Count("id", filter=later & ~held),
        with_workers=Count("id", filter=held),
    )  # fmt: skip
    return [dict(row) for row in counts.order_by("queue")]


def workers() -> list[str]:
    """Return the workers that are alive; beat processes only send."""
    alive = seconds_from_now(-settings.HEARTBEAT_TIMEOUT.total_seconds())
    alive_workers = Worker.objects.filter(kind="worker", seen_at__gt=alive)
    return sorted(alive_workers.values_list("name", flat=True))


@dataclass(slots=True)
class Exported:
    """How many jobs were sent; and those that cannot be, which stay in the ledger, each with the reason."""

    sent: int = 0
    kept: dict[str, str] = field(default_factory=dict)


def export_jobs(app: Any, url: str | None = None) -> Exported:
    """Send every job to the broker at ``url`` (default: the project's own) and delete its row.

    Each chunk is sent before its rows are deleted: killed in between, it is sent again by the next try. A row that no
    message can be made of stays, and the others go on. Raises :class:`NotNow`, before any row is touched, for a URL
    that leads to no broker or to one that keeps nothing.
    """
    require_a_broker(app, url)
    exported = Exported()
    if url is None:
        with broker.connection_to(app) as connection:
            _take_back_copies(app, connection)
    while _export_chunk(app, url, exported):
        pass
    return exported


def require_a_broker(app: Any, url: str | None) -> None:
    """Refuse a URL that leads nowhere, to the ledger itself, or to a broker that ends with this process.

    A broker that does not answer raises :class:`BrokerAway`.
    """
    if url is not None and not _names_a_broker(url):
        raise NotNow(f"The URL names no broker that Celery knows. Nothing was sent. {WRITE_IT}")
    try:
        with broker.connection_to(app, url) as connection:
            is_lasting = not isinstance(connection.transport, memory.Transport)
            if is_lasting:
                connection.connect()
    except BrokerAway:
        raise
    except Exception as error:  # a transport raises what it likes: a bad port, a package that is missing
        raise NotNow(
            f"The broker's URL cannot be used ({type(error).__name__}: {error}). Nothing was sent. {WRITE_IT}"
        ) from error
    if not is_lasting:
        raise NotNow(
            "A memory:// broker ends with this process, and every job would be lost. Nothing was sent."
            f" {WRITE_IT}"
        )


def _names_a_broker(url: str) -> bool:
    scheme, there_is_one, _ = url.partition("://")
    kind = scheme.partition("+")[0]  # as in sqla+postgresql://
    return bool(there_is_one) and kind in TRANSPORT_ALIASES and kind != "hardy"


def _take_back_copies(app: Any, connection: Any) -> None:
    """Empty the queues of messages that only say "look into the ledger"; other people's stay."""
    ran = Run.objects.values_list("queue", flat=True).distinct()
    for queue in {*app.amqp.queues, *Job.objects.values_list("queue", flat=True).distinct(), *ran}:
        with connection.channel() as channel:
            bound = app.amqp.queues[queue](channel)
            bound.declare()
            others = []
            while (message := bound.get()) is not None:
                if (message.headers or {}).get(LEDGER_HEADER):
                    message.ack()
                else:
                    others.append(message)
            for message in others:
                message.requeue()


def _export_chunk(app: Any, url: str | None, exported: Exported) -> bool:
    """Send the next rows and delete those that were sent; False if there are none."""
    with transaction.atomic(using=settings.DATABASE):
        left = Job.objects.exclude(id__in=list(exported.kept)).annotate(now=seconds_from_now(0))
        rows = list(left.select_for_update().order_by("due_at")[:CHUNK])
        kept = _publish_what_it_takes(app, url, rows) if rows else {}
        sent = [row.id for row in rows if row.id not in kept]
        Job.objects.filter(id__in=sent).delete()
    exported.sent += len(sent)
    exported.kept |= kept
    return bool(rows)


def _publish_what_it_takes(app: Any, url: str | None, rows: Sequence[Any]) -> dict[str, str]:
    """Publish rows, and return those that cannot be, with the reason. What the broker refuses is found by halves."""
    try:
        with broker.connection_to(app, url) as connection:
            producer = app.amqp.Producer(connection, auto_declare=False)
            with confirmed(connection, producer.channel, broker.DEADLINE):
                return _publish_each(app, connection, producer, rows)
    except BrokerAway as error:
        if not is_refused_in_words(error):
            raise
        if len(rows) == 1:
            return {rows[0].id: f"The broker refuses it. {error}"}
    half = len(rows) // 2
    return _publish_what_it_takes(app, url, rows[:half]) | _publish_what_it_takes(app, url, rows[half:])


def _publish_each(app: Any, connection: Any, producer: Any, rows: Iterable[Any]) -> dict[str, str]:
    """Publish rows, and return those that cannot be, with the reason: one of them does not keep the others."""
    kept = {}
    away = broker.errors_of(connection)
    for row in rows:
        try:
            _publish(app, producer, row)
        except away:
            raise
        except Exception as error:  # what a message holds may be refused by any layer, each in its own way
            kept[row.id] = str(error) if isinstance(error, HardyError) else f"{type(error).__name__}: {error}"
    return kept


def _publish(app: Any, producer: Any, row: Any) -> None:
    """A time that has not come is the message's eta now: nobody else will wait for it."""
    payload = decode(row.message)
    for own in (LEDGER_HEADER, SIGNATURE_HEADER):
        payload["headers"].pop(own, None)
    payload["headers"]["eta"] = _in_utc(row.due_at) if row.due_at > row.now else None
    broker.publish_as_it_is(app, producer, row.queue, payload)


def _in_utc(moment: Any) -> str:
    return f"{moment.isoformat()}+00:00" if is_naive(moment) else str(moment.isoformat())
