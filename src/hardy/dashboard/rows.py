"""Jobs and attempts as rows of one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from hardy.dashboard.parameters import query
from hardy.dashboard.words import ago, took
from hardy.dead_letters.presenters import first_line
from hardy.ledger.models import DeadLetter, Job, Run

#: The word for each state of a job that is not finished.
WORDS = {
    Job.State.RUNNING: "running",
    Job.State.RESERVED: "waiting",
    Job.State.QUEUED: "waiting",
    Job.State.HELD: "due later",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a job that is not finished, or one attempt that is."""

    key: str
    job: str
    url: str
    task: str
    queue: str
    state: str
    #: What the colour says: a state's or an outcome's own name.
    kind: str
    attempt: int
    when: str
    moment: datetime
    waited: str
    ran: str
    error: str
    worker: str
    live: bool
    #: Whether it may be selected, for what can be done to rows of its list.
    pick: bool = False


def task_url(job: str) -> str:
    """Return the address of a job's page; ids may hold anything, so they are no part of a path."""
    return reverse("hardy:task") + query(id=job)


def row_of_job(job: Job, now: datetime) -> Row:
    """A job as it is at this moment."""
    begun = job.started_at if job.state == Job.State.RUNNING else None
    late = job.state == Job.State.HELD and job.due_at <= now
    moment = begun or job.due_at
    verb = "began" if begun else "due"
    since = max(job.due_at, job.enqueued_at)
    return Row(
        key=f"job-{job.pk}",
        job=job.pk,
        url=task_url(job.pk),
        task=job.task,
        queue=job.queue,
        state="waiting" if late else WORDS[Job.State(job.state)],
        kind="queued" if late else job.state,
        attempt=job.attempts if begun else job.attempts + 1,
        when=f"{verb} {ago(moment, now)}",
        moment=moment,
        waited=took((begun or now) - since) if since <= (begun or now) else "–",
        ran=took(now - begun) if begun else "–",
        error="",
        worker=job.worker.partition("/")[0] if begun or job.state == Job.State.RESERVED else "",
        live=True,
    )


def row_of_run(run: Run, now: datetime) -> Row:
    """An attempt that has ended."""
    since = max(run.due_at, run.enqueued_at)
    return Row(
        key=f"run-{run.pk}",
        job=run.job,
        url=task_url(run.job),
        task=run.task,
        queue=run.queue,
        state=run.outcome,
        kind=run.outcome,
        attempt=run.attempt,
        when=ago(run.finished_at, now),
        moment=run.finished_at,
        waited=took(run.started_at - since) if run.started_at and run.started_at >= since else "–",
        ran=took(run.finished_at - run.started_at) if run.started_at else "–",
        error=first_line(run) if run.error_type or run.error else "",
        worker=run.worker.partition("/")[0],
        live=False,
    )


def row_of_letter(letter: DeadLetter, now: datetime) -> Row:
    """A job that needs a person."""
    return Row(
        key=f"letter-{letter.pk}",
        job=letter.job,
        url=task_url(letter.job),
        task=letter.task,
        queue=letter.queue,
        state="dead",
        kind="dead",
        attempt=letter.attempts,
        when=f"died {ago(letter.died_at, now)}",
        moment=letter.died_at,
        waited="–",
        ran="–",
        error=first_line(letter),
        worker="",
        live=False,
    )
