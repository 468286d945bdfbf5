"""Where a task is that was looked for in the wrong place: `hardy jobs --id` of one that has ended, and the like."""

from __future__ import annotations

from hardy.dead_letters.models import Decision
from hardy.ledger.models import DeadLetter, Job, Run

UNKNOWN = (
    "No job, run or dead letter has the id {id!r}: it is mistyped, its transaction was rolled back, it was sent to"
    " another database or broker, or its history is older than HARDY['RUN_RETENTION']."
)


#: Said of a job that runs: `cancel` and `reschedule` are for what waits.
ENDS = "; `celery control revoke` ends it"


def whereabouts(id: str) -> str:
    """Return the sentence that says what is known of a task id, and which command shows it."""
    found = []
    if letter := DeadLetter.objects.filter(job=id).order_by("-id").first():
        found.append(f"it is a dead letter ({letter.reason}): hardy dead show {id}")
    if job := Job.objects.defer("message").filter(pk=id).first():
        found.append(f"it is {job.state}: hardy jobs --id {id}" + ENDS * (job.state == Job.State.RUNNING))
    if run := Run.objects.filter(job=id).order_by("-id").first():
        found.append(f"its last attempt {run.outcome}: hardy runs --id {id}")
    if decision := Decision.objects.filter(job=id).order_by("-id").first():
        found.append(f"letter {decision.letter} of it was {decision.get_action_display()} by {decision.by}")
    said = "; ".join(found)
    return f"{said[0].upper()}{said[1:]}" if said else UNKNOWN.format(id=id)
