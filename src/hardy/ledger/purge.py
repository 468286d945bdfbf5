"""``celery purge``: waiting jobs of a queue are cancelled, and say so in the history."""

from __future__ import annotations

from django.db import transaction

from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.finish import FROM_JOB, RUN_COLUMNS
from hardy.ledger.models import Job

WAITING = (Job.State.HELD, Job.State.QUEUED)
#: Rows cancelled by one statement: SQLite limits its parameters, and locks should be short.
CHUNK = 500
SOURCE = "hardy_job WHERE queue = %s AND state IN ('held', 'queued')"


def count_waiting(queue: str) -> int:
    """Return how many jobs of ``queue`` have not been handed to a worker."""
    waiting = Job.objects.using(ledger_connection().alias).filter(queue=queue, state__in=WAITING)
    return waiting.count()


def purge(queue: str) -> int:
    """Cancel every waiting job of ``queue``; return how many."""
    purged = 0
    while some := _purge_some(queue):
        purged += some
    return purged


@again_after_deadlock
def _purge_some(queue: str) -> int:
    connection = ledger_connection()
    now = dialect_of(connection).now
    lock = "" if connection.vendor == "sqlite" else " FOR UPDATE"
    record = (
        f"INSERT INTO hardy_run ({RUN_COLUMNS}) SELECT {FROM_JOB}, {now}, 'cancelled', '', 'Purged',"
        " 'The queue was purged.', '', '' FROM " + SOURCE
    )
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Locked first, so that exactly the rows that are recorded are deleted.
        cursor.execute(f"SELECT id FROM {SOURCE} LIMIT {CHUNK}{lock}", [queue])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        some = f" AND id IN ({', '.join(['%s'] * len(ids))})"
        cursor.execute(record + some, [queue, *ids])
        cursor.execute(f"DELETE FROM {SOURCE}{some}", [queue, *ids])
        return int(cursor.rowcount)
