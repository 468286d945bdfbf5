"""Every event of hardy, one table: what happened, in the past tense, and what each event carries.

Events are Django signals. They are sent in the process where the thing happened, after it is true in the ledger::

    from hardy import events

    @receiver(events.job_died)
    def tell_the_team(sender, job, reason, **fields): ...

``sender`` is always the task's name (or None where an event concerns no task). A receiver that raises is logged and
does not disturb the task.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from hardy.conf import settings

job_enqueued = Signal()  # job, queue, delay: a row was written for a task
job_started = Signal()  # job, token, attempt, waited: an attempt was claimed
job_finished = Signal()  # job, outcome, attempt: an attempt was recorded and the row left the ledger
job_rescheduled = Signal()  # job, outcome, delay: an attempt was recorded and the row waits for another
job_rescued = Signal()  # job, worker: an attempt crashed, and its job was queued again
attempt_fenced_off = Signal()  # job, token: a stale attempt tried to record itself and was refused
job_died = Signal()  # job, reason, error: a dead letter was written
letter_replayed = Signal()  # letter, job, by, edited: a dead letter was sent again, and is one no more
letter_discarded = Signal()  # letter, job, by, note: a dead letter was discarded, and is one no more
worker_registered = Signal()  # worker: a worker or beat process started
worker_reaped = Signal()  # worker, jobs: a process stopped sending heartbeats, and its jobs were given back
connection_retried = Signal()  # to, error: the database or the broker did not answer, and is asked again

#: name -> signal, for whoever wants to subscribe to all of them.
EVENTS: dict[str, Signal] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Signal)
}


def emit_on_commit(event: Signal, sender: str | None, **fields: Any) -> None:
    """Send ``event`` once the ledger's transaction has committed; at once where none is open."""
    if event.receivers:
        transaction.on_commit(partial(emit, event, sender, **fields), using=settings.DATABASE, robust=True)


def emit(event: Signal, sender: str | None, **fields: Any) -> None:
    """Send ``event``; what a receiver raises is logged by Django and goes no further."""
    if event.receivers:
        event.send_robust(sender=sender, **fields)
