"""Workers: where each runs, what it runs now and for how long; and telling one to shut down or to renew its pool."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import celery
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from hardy.conf import settings
from hardy.conf.durations import in_units
from hardy.dashboard.access import May, page, require
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.rendering import render
from hardy.dashboard.rows import task_url
from hardy.dashboard.words import took
from hardy.db.clock import present, since
from hardy.errors import BrokerAway
from hardy.ledger import audit
from hardy.ledger.models import Job
from hardy.ledger.queries import WorkerStatus, live_workers
from hardy.ledger.running import running_by_worker

#: Seconds that a worker has to answer.
ANSWERS_WITHIN = 1.0
#: What a worker runs that its row on the page names.
NAMED = 20

NO_RESTART = "Its pool is restarted only where CELERY_WORKER_POOL_RESTARTS = True."
NOT_ENABLED = (
    "It has not restarted its pool: CELERY_WORKER_POOL_RESTARTS is not True there. Shut it down instead; whatever"
    " starts your workers starts it again."
)
ACTS = ("shut down", "restart pool")


@page("workers")
def workers_page(request: HttpRequest, may: May) -> HttpResponse:
    """Every live worker and beat process; a form sent here tells one of them something."""
    if request.method == "POST":
        require(may.control)
        _act(request)
        return HttpResponseRedirect(reverse("hardy:workers"))
    now, workers = present(), live_workers()
    running = running_by_worker([worker.id for worker in workers])
    context = {
        "workers": [_line(worker, running.get(worker.id, []), now) for worker in workers],
        "nodes": [worker.name for worker in workers if worker.kind == "worker"],
        "restarts": bool(celery.current_app.conf.worker_pool_restarts),
        "no_restart": NO_RESTART,
        "timeout": in_units(settings.HEARTBEAT_TIMEOUT.total_seconds()),
    }
    return render(request, may, "workers", context)


def _line(worker: WorkerStatus, jobs: list[Job], now: datetime) -> dict[str, Any]:
    node, _, host = worker.name.partition("@")
    return {
        "worker": worker,
        "node": node,
        "host": host,
        "seen": in_units(worker.seen_seconds_ago),
        "up": in_units(worker.up_seconds),
        "memory": "" if worker.memory_bytes is None else f"{worker.memory_bytes / 1024**2:,.0f} MiB",
        "jobs": jobs[:NAMED],
        "running": [
            {"task": job.task, "url": task_url(job.pk), "for": took(since(job.started_at or now, now))}
            for job in jobs[:NAMED]
        ],
        "more": max(0, len(jobs) - NAMED),
    }


def _act(request: HttpRequest) -> None:
    asked = Parameters(request.POST)
    act, name = asked.choice("act", ACTS), asked.text("worker")
    if not act or name not in {worker.name for worker in live_workers() if worker.kind == "worker"}:
        messages.warning(request, "Nothing was done: there is no such worker any more.", fail_silently=True)
        return
    try:
        (_shut_down if act == "shut down" else _restart_pool)(request, name)
    except BrokerAway as error:
        messages.error(request, str(error), fail_silently=True)


def _shut_down(request: HttpRequest, name: str) -> None:
    celery.current_app.control.shutdown(destination=[name])
    audit.entry("shut down", by=request.user, via="control room", target=name).save(using=settings.DATABASE)
    said = f"{name} was told to shut down: it ends what it runs, takes nothing more, and leaves this page."
    messages.success(request, said, fail_silently=True)


def _restart_pool(request: HttpRequest, name: str) -> None:
    answers = celery.current_app.control.broadcast(
        "pool_restart", arguments={"reload": False}, destination=[name], reply=True, timeout=ANSWERS_WITHIN
    )
    answer = next((answer[name] for answer in answers or [] if name in answer), None)
    if answer is None:
        messages.warning(request, f"{name} did not answer within a second; look again.", fail_silently=True)
    elif "ok" in answer:
        audit.entry("restarted", by=request.user, via="control room", target=name).save(
            using=settings.DATABASE
        )
        messages.success(request, f"{name} restarts its pool.", fail_silently=True)
    else:
        said = NOT_ENABLED if "not enabled" in str(answer) else f"{name} says: {answer.get('error', answer)}"
        messages.error(request, said, fail_silently=True)
