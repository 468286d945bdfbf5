"""What each worker runs now."""

from __future__ import annotations

from collections.abc import Sequence

from hardy.ledger.models import Job

#: Jobs that a page about workers reads.
MOST = 500


def running_by_worker(ids: Sequence[str]) -> dict[str, list[Job]]:
    """Return by the worker's id the jobs that it runs, those that have run longest first."""
    found: dict[str, list[Job]] = {id: [] for id in ids}
    running = Job.objects.filter(state=Job.State.RUNNING, worker__in=ids).defer("message")
    for job in running.order_by("started_at", "id")[:MOST]:
        found[job.worker].append(job)
    return found
