"""``celery purge``: what may start now becomes dead letters, and can be brought back; what waits for its time stays."""

from __future__ import annotations

import logging

from django.db import transaction

from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger import notify
from hardy.ledger.audit import AuditEntry
from hardy.ledger.finish import Claim, End, finish
from hardy.ledger.models import Job

logger = logging.getLogger(__name__)

#: Rows taken in one transaction: locks should be short.
CHUNK = 100
PURGED = End(
    "cancelled",
    error_type="Purged",
    error="The queue was purged. Bring the task back: manage.py hardy dead replay --reason purged",
    reason="purged",
)


def count_waiting(queue: str) -> int:
    """Return how many jobs of ``queue`` have not been handed to a worker, those that wait for their time included."""
    waiting = Job.objects.filter(queue=queue, state__in=(Job.State.HELD, Job.State.QUEUED))
    return waiting.count()


def purge(queue: str, *, limit: int | None = None, entry: AuditEntry | None = None) -> int:
    """Take every job of ``queue`` that may start now out of the ledger; return how many.

    Each becomes a dead letter with the reason "purged", and whoever waits for it hears that it was revoked. Jobs with a
    countdown, an eta or a retry delay stay. ``limit`` is where it stops, ``entry`` what the audit says of it.
    """
    ids: list[str] = []
    while limit is None or len(ids) < limit:
        some = _purge_some(queue, entry, ids)
        if not some:
            break
        ids += some
    purged, stay = len(ids), count_waiting(queue)
    if purged or stay:
        logger.warning(
            "Purged %d jobs of queue %s; %d wait for their time and stay. Bring them back:"
            " manage.py hardy dead replay --reason purged", purged, queue, stay,
        )  # fmt: skip
    return purged


@again_after_deadlock
def _purge_some(queue: str, entry: AuditEntry | None, before: list[str]) -> list[str]:
    connection = ledger_connection()
    now = dialect_of(connection).now
    lock = "" if connection.vendor == "sqlite" else " FOR UPDATE"
    may_start = f"(state = 'queued' OR (state = 'held' AND due_at <= {now}))"
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Locked first, so that nobody claims what is purged.
        cursor.execute(
            f"SELECT id FROM hardy_job WHERE queue = %s AND {may_start} LIMIT {CHUNK}{lock}", [queue]
        )
        ids = [row[0] for row in cursor.fetchall()]
        for job in Job.objects.filter(id__in=ids):
            claim = Claim(job.id, job.worker, (job.token, job.token), (job.state,), job.task, job.attempts)
            if finish(claim, PURGED):
                notify.notify_cancelled(job, "purged")
        if ids and entry is not None:
            entry.record([*before, *ids])
    return ids
