"""Deferring: a row that a worker was handed and may not start yet waits in the ledger, and the worker takes it back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from hardy.db.clock import seconds_from_now
from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import dialect_of, ledger_connection, state_is
from hardy.ledger.models import Job
from hardy.ledger.reserve import Reserved

#: A job, and the token that its row has while it is deferred.
Deferred = tuple[str, int]

#: Rows that one statement moves.
CHUNK = 500


@again_after_deadlock
def defer(job: str, token: int, seconds: float) -> bool:
    """Hold a row that has not been claimed for ``seconds``; False if it has moved on since it was delivered.

    Its token grows by one, which outdates every other copy of its message.
    """
    connection = ledger_connection()
    dialect = dialect_of(connection)
    held = (
        f"UPDATE hardy_job SET state = 'held', worker = '', token = token + 1, due_at = {dialect.later}"
        f" WHERE id = %s AND token = %s AND {state_is('held', 'queued', 'reserved')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(held, [dialect.seconds(seconds), job, token])
        return bool(cursor.rowcount == 1)


def take_back(worker: str, rows: Sequence[Deferred]) -> list[Reserved]:
    """Hand those of ``rows`` that still wait as they were deferred to ``worker``, in the order given."""
    if not rows:
        return []
    chosen = reduce(or_, (Q(id=job, token=token) for job, token in rows))
    waiting = Job.objects.filter(chosen, state__in=(Job.State.HELD, Job.State.QUEUED))
    # Due from now on: what is not due cannot be claimed.
    if not waiting.update(state=Job.State.RESERVED, worker=worker, due_at=seconds_from_now(0)):
        return []
    mine = Job.objects.filter(chosen, state=Job.State.RESERVED, worker=worker)
    found = {
        row[0]: Reserved(*row) for row in mine.values_list("id", "queue", "token", "attempts", "message")
    }
    return [found[job] for job, _ in rows if job in found]


def resume(rows: Collection[Deferred]) -> int:
    """Let deferred rows start as soon as any worker takes them; return how many still waited."""
    return sum(
        Job.objects.filter(id__in=ids, token=token, state=Job.State.HELD).update(due_at=seconds_from_now(0))
        for token, ids in _chunks(rows)
    )


def _chunks(rows: Collection[Deferred]) -> Iterator[tuple[int, list[str]]]:
    by_token: dict[int, list[str]] = {}
    for job, token in rows:
        by_token.setdefault(token, []).append(job)
    for token, ids in by_token.items():
        for start in range(0, len(ids), CHUNK):
            yield token, ids[start : start + CHUNK]
