"""Recovery: attempts that crashed, and workers that fell silent. Rare paths, so written to be read."""

from __future__ import annotations

import logging
from enum import StrEnum

from django.db import transaction
from django.db.models import Q

from hardy import events
from hardy.conf import settings
from hardy.db import leases
from hardy.db.clock import seconds_from_now
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.ledger import notify, reserve
from hardy.ledger.fingerprint import fingerprint_of_kind
from hardy.ledger.finish import Claim, End, finish
from hardy.ledger.machine import is_dead, machine_id, running_seconds
from hardy.ledger.models import Job, Run, Worker
from hardy.ledger.record import ORIGIN

logger = logging.getLogger(__name__)

HELD_BY_A_WORKER = (Job.State.RESERVED, Job.State.RUNNING)


class Rescue(StrEnum):
    """What became of a job whose attempt crashed."""

    QUEUED = "queued"
    DEAD = "dead"
    #: The claim had been fenced off.
    GONE = "gone"


def rescue(claim: Claim) -> Rescue:
    """An attempt crashed: queue its job again, or make it a dead letter if it has crashed too often.

    Counts as a crash only if the attempt had started.
    """
    with transaction.atomic(using=settings.DATABASE):
        job = _locked(claim)
        if job is None:
            return Rescue.GONE
        if job.state == Job.State.RESERVED:
            reserve.release(claim.worker, [job.id])
            return Rescue.QUEUED
        return _end_if_at_the_cap(job) or _queue_again(job)


def reap_silent_workers() -> int:
    """Give back what silent workers hold; return how many jobs that were.

    A worker is silent when its heartbeat is older than ``HARDY["HEARTBEAT_TIMEOUT"]`` by the database's clock; one
    whose process is seen to run on this machine, when it is older than ``HARDY["BUSY_TIMEOUT"]``: a task may hold up
    its threads.
    """
    timeout = settings.HEARTBEAT_TIMEOUT.total_seconds()
    silent = Worker.objects.filter(seen_at__lt=seconds_from_now(-timeout)).values_list("id", "machine", "pid")
    spared = {worker: max(timeout, _spared_seconds(machine, pid)) for worker, machine, pid in silent}
    return sum(_reap(worker, Q(seen_at__lt=seconds_from_now(-long))) for worker, long in spared.items())


def _spared_seconds(machine: str, pid: int) -> float:
    """Return how long silence is no sign of death. A process that is younger than the silence has only got the pid."""
    if not machine or machine != machine_id():
        return 0.0
    return min(settings.BUSY_TIMEOUT.total_seconds(), running_seconds(pid))


def reap_dead_neighbours() -> int:
    """Give back what workers of this machine hold whose process is gone; return how many jobs that were."""
    return sum(_reap(worker, Q()) for worker in _dead_neighbours())


def reclaim_orphans() -> int:
    """Give back what is held by workers that have no row: reaped, and then claimed with their last breath.

    Reads every row of the ledger, so it is for now and then, and for one process.
    """
    held = Job.objects.filter(state__in=HELD_BY_A_WORKER)
    holders = set(held.values_list("worker", flat=True).distinct())
    missing = holders - set(Worker.objects.filter(id__in=holders).values_list("id", flat=True))
    return sum(_give_back(worker) for worker in missing)


def deregister(worker: str) -> int:
    """A worker leaves in good order: what it still holds goes back at once, and no crash is counted."""
    with transaction.atomic(using=settings.DATABASE):
        held = Job.objects.filter(worker=worker, state__in=HELD_BY_A_WORKER)
        stopped = [job.id for job in held.select_for_update().filter(state=Job.State.RUNNING)]
        # No longer running: a child that is still dying cannot record its attempt.
        Job.objects.filter(id__in=stopped).update(state=Job.State.RESERVED)
        given_back = reserve.release(worker)
        Worker.objects.filter(id=worker).delete()
    return given_back


def _dead_neighbours() -> list[str]:
    if not machine_id():
        return []
    neighbours = Worker.objects.filter(machine=machine_id()).values_list("id", "pid")
    return [worker for worker, pid in neighbours if is_dead(pid)]


def _reap(worker: str, still: Q) -> int:
    with transaction.atomic(using=settings.DATABASE):
        # Whoever locks the row reaps the worker; a heartbeat may have come back while we looked.
        locked = Worker.objects.select_for_update(skip_locked=_skips_locked())
        if locked.filter(still, id=worker).first() is None:
            return 0
        given_back = _give_back(worker)
        Worker.objects.filter(id=worker).delete()
        # Whoever led is followed now: what was just given back waits for the relay, which may have been its duty.
        leases.resign(worker)
    logger.warning("Worker %s is gone; %d of its jobs were given back", worker, given_back)
    events.emit_on_commit(events.worker_reaped, None, worker=worker, jobs=given_back)
    return given_back


def _give_back(worker: str) -> int:
    running = list(Job.objects.filter(worker=worker, state=Job.State.RUNNING))
    for job in running:
        rescue(_claim_of(job))
    return len(running) + reserve.release(worker)


def _end_if_at_the_cap(job: Job) -> Rescue | None:
    if job.crashes + 1 < settings.CRASH_CAP:
        return None
    end = End(
        "lost",
        error_type="Crashed",
        error=f"The task crashed {job.crashes + 1} times in a row, on {job.worker} the last time.",
        fingerprint=fingerprint_of_kind("Crashed", task=job.task),
        reason="crashed",
    )
    if not finish(_claim_of(job), end):
        return Rescue.GONE
    notify.notify_crashed(job, end.error)
    return Rescue.DEAD


def _queue_again(job: Job) -> Rescue:
    Run.objects.create(
        job=job.id, task=job.task, queue=job.queue, attempt=job.attempts, enqueued_at=job.enqueued_at,
        due_at=job.due_at, started_at=job.started_at, finished_at=seconds_from_now(0), worker=job.worker,
        outcome=Run.Outcome.LOST, error_type="Lost", error=f"The attempt crashed on {job.worker}.",
        fingerprint=fingerprint_of_kind("Lost", task=job.task),
        **{name: getattr(job, name) for name in ORIGIN},
    )  # fmt: skip
    Job.objects.filter(id=job.id).update(state=Job.State.RESERVED, crashes=job.crashes + 1)
    reserve.release(job.worker, [job.id])
    events.emit_on_commit(events.job_rescued, job.task, job=job.id, worker=job.worker)
    return Rescue.QUEUED


def _claim_of(job: Job) -> Claim:
    return Claim(job.id, job.worker, (job.token, job.token), task=job.task, attempt=job.attempts)


def _locked(claim: Claim) -> Job | None:
    held = Job.objects.select_for_update().filter(
        id=claim.job, worker=claim.worker, state__in=HELD_BY_A_WORKER
    )
    return held.filter(token__range=claim.tokens).first()


def _skips_locked() -> bool:
    return bool(dialect_of(ledger_connection()).skip_locked)
