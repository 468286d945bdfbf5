"""Why a job has not started, in words."""

from __future__ import annotations

from collections.abc import Iterator

from hardy.conf.durations import in_units
from hardy.db.clock import since
from hardy.ledger.delivery import is_embedded
from hardy.ledger.health import jobs
from hardy.ledger.models import Job
from hardy.ledger.overview import Overview

#: Seconds within which a due row is usually published, or promoted.
SOON = 5.0


def why_waiting(job: Job, now: Overview) -> list[str]:
    """Return what keeps this job from starting, the first cause first; nothing for one that runs."""
    if job.state == Job.State.RUNNING:
        return []
    return [*_its_time(job, now), *(_its_pause(job, now) or _its_workers(job, now)), *_its_past(job)]


def _its_time(job: Job, now: Overview) -> Iterator[str]:
    ahead = (job.due_at - now.now).total_seconds()
    if job.state == Job.State.RESERVED:
        yield f"A worker has taken it ({job.worker}) and begins it as soon as it has a process free."
    elif job.state == Job.State.HELD and ahead > 0:
        after = f" after attempt {job.attempts}" if job.attempts else ""
        yield f"It is due in {in_units(ahead)}{after}."
    elif job.state == Job.State.HELD and is_embedded():
        yield "Its time has come; a worker puts it into its queue within a second."
    elif job.state == Job.State.HELD:
        yield _not_published(-ahead)


def _not_published(since: float) -> str:
    if since < SOON:
        return "It is being published to the broker."
    return (
        f"The broker has not taken it for {in_units(since)}. It is published within seconds"
        " once the broker answers and a worker or a beat process runs."
    )


def _its_pause(job: Job, now: Overview) -> list[str]:
    """What a worker has taken it begins all the same; all else waits for somebody to resume the queue."""
    pause = next((queue.paused for queue in now.queues if queue.name == job.queue), None)
    if pause is None or job.state == Job.State.RESERVED:
        return []
    by, why = f" by {pause.by}" if pause.by else "", f": {pause.note}" if pause.note else "."
    ago = in_units(since(pause.paused_at, now.now).total_seconds())
    return [
        f"The queue {job.queue} was paused {ago} ago{by}{why}",
        f"It goes on once the queue is resumed: on the page Queues, or with `manage.py hardy resume {job.queue}`.",
    ]


def _its_workers(job: Job, now: Overview) -> Iterator[str]:
    reading = [worker for worker in now.readers if job.queue in worker.queues]
    if not now.readers:
        yield "No worker is running."
    elif not reading:
        read = ", ".join(sorted({name for worker in now.readers for name in worker.queues})) or "none"
        yield f"No worker reads the queue {job.queue}; what workers read: {read}."
    elif job.state == Job.State.QUEUED:
        yield from _its_turn(job, now)


def _its_turn(job: Job, now: Overview) -> Iterator[str]:
    queue = next((queue for queue in now.queues if queue.name == job.queue), None)
    if queue is None or queue.waiting.number <= 1:
        yield f"A worker that reads the queue {job.queue} starts it as soon as it has a process free."
    else:
        readers = "1 worker reads" if queue.workers == 1 else f"{queue.workers} workers read"
        yield (
            f"{jobs(queue.waiting)} wait in the queue {job.queue}, {queue.running} run; {readers} it."
            " The most urgent start first, then those due longest."
        )


def _its_past(job: Job) -> Iterator[str]:
    if job.crashes:
        times = "once" if job.crashes == 1 else f"{job.crashes} times"
        yield f"It has ended its worker {times}; on its last chance it runs alone in a worker."
