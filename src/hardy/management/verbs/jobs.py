"""`manage.py hardy jobs`: what waits and what runs, job by job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hardy.ledger.jobs import JobFilter, JobNews, last_runs
from hardy.ledger.models import Job, Run
from hardy.ledger.presenters import first_line, job_as_json
from hardy.management.job_filters import ID_HELP, JOB_FILTERS
from hardy.management.listing import ListVerb
from hardy.management.table import moment, zoned
from hardy.management.whereabouts import whereabouts

#: How many of the newest jobs are watched by --follow, unless --limit says otherwise.
WATCHED = 1000


class Jobs(ListVerb[Job]):
    """List the jobs that are not finished: `hardy jobs --state running`, `hardy jobs --task "orders.*" --follow`."""

    name = noun = "jobs"
    states = Job.State.values
    filters = JOB_FILTERS
    id_help = ID_HELP
    nothing = "No job waits or runs. What has ended: hardy runs. What is dead: hardy dead list"

    def found(self, options: dict[str, Any], limit: int) -> list[Job]:
        return list(_wanted(options).jobs()[:limit])

    def news(self, options: dict[str, Any]) -> JobNews:
        return JobNews(_wanted(options), options["limit"] or WATCHED)

    def headings(self) -> Sequence[str]:
        times = zoned("enqueued"), "due", "started"
        return "id", "task", "state", "queue", "attempts", *times, "worker", "last error"

    def cells(self, rows: Sequence[Job]) -> list[Sequence[object]]:
        last = last_runs(rows)
        return [_cells(job, last.get(job.id)) for job in rows]

    def lines(self, rows: Sequence[Job]) -> list[str]:
        last = last_runs(rows)
        return [_line(job, last.get(job.id)) for job in rows]

    def as_json(self, rows: Sequence[Job], options: dict[str, Any]) -> list[dict[str, Any]]:
        last = last_runs(rows)
        return [job_as_json(job, last.get(job.id)) for job in rows]

    def exists(self, id: str) -> bool:
        return Job.objects.filter(pk=id).exists()

    def absent(self, id: str) -> str:
        return f"{id} neither waits nor runs. {whereabouts(id)}"


def _wanted(options: dict[str, Any]) -> JobFilter:
    return JobFilter(**{name: options[name] for name in Jobs.filters}, ids=options["id"])


def _cells(job: Job, last: Run | None) -> Sequence[object]:
    times = moment(job.enqueued_at), moment(job.due_at), moment(job.started_at)
    return (
        job.id, job.task, f"{job.state}{_how_far(job)}", job.queue, job.attempts, *times, job.worker or "–",
        first_line(last, 60) if last else "–",
    )  # fmt: skip


def _how_far(job: Job) -> str:
    reached = job.reached
    if reached is None:
        return ""
    return f" {reached.done:g}" if reached.percent is None else f" {reached.percent} %"


def _line(job: Job, last: Run | None) -> str:
    """Say what a job has just come to, and since when or until when."""
    since = {Job.State.HELD: f"until {moment(job.due_at)}", Job.State.RUNNING: f"on {job.worker}"}
    where = since.get(Job.State(job.state), f"in {job.queue}")
    said = [f"{job.state}{_how_far(job)}".ljust(8), job.id, job.task, where]
    if last and last.error_type:
        said.append(f"after {first_line(last)}")
    at = job.started_at if job.state == Job.State.RUNNING else None
    return "  ".join([moment(at or job.enqueued_at), *said])
