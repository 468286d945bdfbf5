"""Pausing a queue and resuming it: a row that comes and goes, and its line in the audit, in one transaction."""

from __future__ import annotations

import celery
from django.db import IntegrityError, transaction

from hardy.conf import settings
from hardy.conf.base import did_you_mean
from hardy.db.clock import seconds_from_now
from hardy.errors import HardyError
from hardy.ledger import audit
from hardy.ledger.models import Worker
from hardy.ledger.overview import queue_names
from hardy.ledger.pauses import PausedQueue, names_of_paused

#: Queues that an error names.
NAMED = 20


class UnknownQueue(HardyError):
    """A queue was named that no worker reads, no job is in and no setting mentions: surely a slip."""


def pause(queue: str, *, by: object = "", note: str = "", via: audit.Via = "code") -> bool:
    """Pause ``queue``; False if it is paused already. What a worker has begun, or taken to begin it next, goes on."""
    refuse_unknown(queue)
    said = {"by": audit.name_of(by), "note": note.strip()}
    try:
        with transaction.atomic(using=settings.DATABASE):
            PausedQueue.objects.create(queue=queue, paused_at=seconds_from_now(0), **said)
            audit.entry("paused", by=by, via=via, target=queue, note=note).save(using=settings.DATABASE)
    except IntegrityError:
        return False
    return True


def resume(queue: str, *, by: object = "", via: audit.Via = "code") -> bool:
    """Let workers take from ``queue`` again; False if it is not paused."""
    with transaction.atomic(using=settings.DATABASE):
        ended, _ = PausedQueue.objects.filter(queue=queue).delete()
        if ended:
            audit.entry("resumed", by=by, via=via, target=queue).save(using=settings.DATABASE)
    if not ended:
        refuse_unknown(queue)
    return bool(ended)


def refuse_unknown(queue: str) -> None:
    """Raise :class:`UnknownQueue`, with what there is, unless a worker, a job or the project's settings know it."""
    known = known_queues()
    if queue not in known:
        raise UnknownQueue(
            f"No worker reads a queue {queue!r}, no job is in it and no setting names it."
            f"{did_you_mean(queue, sorted(known)[:NAMED])}"
        )


def known_queues() -> set[str]:
    """Return the queues that have jobs or a pause, that workers read, and that the project's settings name."""
    read = Worker.objects.values_list("queues", flat=True)
    names = {name for queues in read for name in queues.split(",") if name}
    return {*queue_names(), *names, *names_of_paused(), *celery.current_app.amqp.queues}
