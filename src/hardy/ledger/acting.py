"""What a person has done to many jobs that wait: cancel, let start, reschedule, move. In chunks, with the audit.

The command line, the admin and the control room act through here, so that all of them leave the same trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F, Q

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.deadlocks import again_after_deadlock
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger.audit import AuditEntry
from hardy.ledger.cancellation import WAITING, cancel
from hardy.ledger.delivery import is_embedded
from hardy.ledger.models import Job

#: Jobs acted on in one transaction: few enough that others who write need not wait long.
CHUNK = 100

Act = Callable[[Sequence[str]], list[str]]


def cancel_jobs(ids: Sequence[str], entry: AuditEntry, *, why: str) -> list[str]:
    """Cancel those of the jobs that have not begun; return which."""
    return _act_on(ids, lambda some: [job for job in some if cancel([job], why=why)], entry)


def reschedule_jobs(ids: Sequence[str], entry: AuditEntry, *, delay: float) -> list[str]:
    """Let those of the jobs that wait start ``delay`` seconds from now instead; return which."""

    def act(some: Sequence[str]) -> list[str]:
        mine = _locked(some)
        # The new token outdates a message that a broker may hold already: it would start the job at the old time.
        Job.objects.filter(id__in=mine).update(
            state=Job.State.HELD, due_at=seconds_from_now(delay), token=F("token") + 1
        )
        return mine

    return _act_on(ids, act, entry)


def move_jobs(ids: Sequence[str], entry: AuditEntry, *, to: str) -> list[str]:
    """Put those of the jobs that wait, and are not in the queue ``to``, into it; return which. They keep their time."""

    def act(some: Sequence[str]) -> list[str]:
        mine = _locked(some, but=to)
        moved = Job.objects.filter(id__in=mine)
        moved.update(queue=to, token=F("token") + 1)
        if (
            not is_embedded()
        ):  # what was published to the old queue is outdated; the relay publishes it to the new one
            moved.filter(state=Job.State.QUEUED).update(state=Job.State.HELD, published_at=None)
        return mine

    return _act_on(ids, act, entry)


def _act_on(ids: Sequence[str], act: Act, entry: AuditEntry) -> list[str]:
    done: list[str] = []
    for start in range(0, len(ids), CHUNK):
        done += _act_on_some(ids[start : start + CHUNK], act, entry, done)
    return done


@again_after_deadlock
def _act_on_some(ids: Sequence[str], act: Act, entry: AuditEntry, before: Sequence[str]) -> list[str]:
    with transaction.atomic(using=settings.DATABASE):
        acted = act(ids)
        if acted:
            entry.record([*before, *acted])
    return acted


def _locked(ids: Sequence[str], *, but: str = "") -> list[str]:
    """Return those that wait, in the order they were given in, so that nobody takes them meanwhile."""
    skips = bool(dialect_of(ledger_connection()).skip_locked)
    elsewhere = ~Q(queue=but) if but else Q()
    waiting = Job.objects.select_for_update(skip_locked=skips).filter(
        elsewhere, id__in=ids, state__in=WAITING
    )
    found = set(waiting.values_list("id", flat=True))
    return [id for id in ids if id in found]
