"""The ledger in Django's admin, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hardy.admin.base import HIDDEN, ReadOnlyAdmin, may_see_arguments, message_text
from hardy.admin.searching import RecentValues
from hardy.db.clock import seconds_from_now, since
from hardy.ledger import audit, presenters
from hardy.ledger.acting import cancel_jobs, reschedule_jobs
from hardy.ledger.models import Job, Lease, Run, Worker


@admin.display(description="message")
def readable(row: Any) -> str:
    """Show a whole Celery message with its body unpacked."""
    return message_text(row.message)


@admin.display(description="message")
def hidden_message(job: Any) -> str:
    return HIDDEN


@admin.display(description="result")
def hidden_result(run: Any) -> str:
    return HIDDEN


@admin.display(description="arguments")
def hidden_arguments(run: Any) -> str:
    return HIDDEN


#: Columns that say what a task was given.
OF_ARGUMENTS = ("arguments", "tag")


def tag_allowed(lookup: str, request: Any) -> bool:
    """Whether a list may be filtered by a tag: by whoever may see what it is made of."""
    asks = lookup in ("tag", "tag__exact") and getattr(request, "user", None) is not None
    return asks and may_see_arguments(request)


@admin.display(description="error")
def first_line(row: Any) -> str:
    """Show what was raised, in one line."""
    return presenters.first_line(row)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Every task that is not finished."""

    list_display = ("task", "id", "queue", "state", "priority", "due_at", "attempts", "worker")
    list_filter = ("state", ("queue", RecentValues))
    lookups = ("id", "task", "queue", "state", "priority", "worker")
    search_fields = ("task",)
    whole = ("id",)
    ordering = ("-enqueued_at",)
    exclude = ("message",)
    actions = ("cancel", "start_now")

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("message",) if may_see_arguments(request) else ("message", *OF_ARGUMENTS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (readable if may_see_arguments(request) else hidden_message,)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return tag_allowed(lookup, request) or super().lookup_allowed(lookup, value, request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("hardy.change_job"))

    @admin.action(description="Cancel (jobs that wait)", permissions=["act"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        ids = list(jobs.values_list("id", flat=True))
        entry = audit.entry("cancelled", by=request.user, via="admin")
        cancelled = len(cancel_jobs(ids, entry, why=f"Cancelled by {request.user} in the admin."))
        self.message_user(request, f"{cancelled} of {len(ids)} jobs cancelled; the others do not wait.")

    @admin.action(description="Start now (jobs that wait for their time)", permissions=["act"])
    def start_now(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        entry = audit.entry("started", by=request.user, via="admin")
        started = len(reschedule_jobs(list(jobs.values_list("id", flat=True)), entry, delay=0))
        self.message_user(request, f"{started} jobs may start now.")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Every attempt that has ended."""

    list_display = ("task", "job", "outcome", "attempt", "finished_at", "took", first_line, "worker")
    list_filter = ("outcome", ("queue", RecentValues))
    lookups = (
        *("job", "task", "queue", "outcome", "attempt", "worker", "error_type", "fingerprint"),
        *("root", "parent", "group_id", "schedule", "request_id", "user_id", "release"),
    )
    search_fields = ("task", "=fingerprint")
    whole = ("job",)
    ordering = ("-id",)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if may_see_arguments(request) else ("result", *OF_ARGUMENTS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if may_see_arguments(request) else (hidden_result, hidden_arguments)

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return tag_allowed(lookup, request) or super().lookup_allowed(lookup, value, request)

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        seconds = presenters.took(run)
        return "–" if seconds is None else f"{seconds:.3f} s"


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Every worker and beat process that has not left."""

    list_display = ("name", "kind", "pid", "queues", "active", "started_at", "seen_ago")
    list_filter = ("kind",)
    lookups = ("name", "kind", "pid")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """Return the workers, each with the database's present: the web server's own clock may be ahead or behind."""
        workers: QuerySet[Worker] = super().get_queryset(request)
        return workers.annotate(now=seconds_from_now(0))

    @admin.display(description="seen_at")
    def seen_ago(self, worker: Any) -> str:
        return f"{since(worker.seen_at, worker.now).total_seconds():.0f} s ago"


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who leads."""

    list_display = ("name", "holder", "expires_at")
