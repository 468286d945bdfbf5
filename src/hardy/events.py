"""Every event of hardy, one table: what happened, in the past tense, and what each event carries.

Events are Django signals. They are sent in the process where the thing happened, after it is true in the ledger::

    from hardy import events

    @receiver(events.job_died)
    def tell_the_team(sender, job, reason, **fields): ...

``sender`` is always the task's name (or None where an event concerns no task). A receiver that raises is logged and
does not disturb the task.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

job_asked = Signal()  # job, queue, delay: a row was written for a task
job_started = Signal()  # job, token, attempt: an attempt was claimed
job_ended = Signal()  # job, outcome, attempt: an attempt was recorded and the row left the ledger
job_held = Signal()  # job, outcome, delay: an attempt was recorded and the row waits for another
job_lost = Signal()  # job, worker: an attempt ended without a word, and the row was queued again
attempt_overtaken = Signal()  # job, token: a stale attempt tried to record itself and was refused
job_died = Signal()  # job, reason, error: a dead letter was written
letter_replayed = Signal()  # letter, job, by, edited: a dead letter was sent again and has left the desk
letter_discarded = Signal()  # letter, job, by, note: a dead letter was discarded and has left the desk
worker_registered = Signal()  # worker: a worker or beat process joined the fleet
worker_buried = Signal()  # worker, jobs: a process fell silent, and its jobs were given back

#: name -> signal, for whoever wants to subscribe to all of them.
EVENTS: dict[str, Signal] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Signal)
}


def emit(event: Signal, sender: str | None, **fields: Any) -> None:
    """Send ``event``; what a receiver raises is logged by Django and goes no further."""
    if event.receivers:
        event.send_robust(sender=sender, **fields)
