"""Queues: what waits in each, how fast it goes, who works there; and pausing, resuming and purging one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from hardy.conf.durations import in_units
from hardy.dashboard.access import May, page, require
from hardy.dashboard.acts import LETTERS_AT_ONCE, jobs
from hardy.dashboard.parameters import Parameters, query
from hardy.dashboard.rendering import render
from hardy.dashboard.words import ago
from hardy.db.counting import count_up_to
from hardy.dead_letters.queries import Filter
from hardy.dead_letters.replaying import replay
from hardy.ledger import audit
from hardy.ledger.health import Health, is_behind, of_queues
from hardy.ledger.overview import Overview, QueueOverview, overview
from hardy.ledger.pausing import UnknownQueue, pause, resume
from hardy.ledger.purge import purge
from hardy.records.throughput import Throughput, throughput

#: Jobs that one press purges.
PURGED_AT_ONCE = 1000
LONGEST_NOTE = 500


@page()
def queues_page(request: HttpRequest, may: May) -> HttpResponse:
    """Every queue; a form sent here pauses or resumes one."""
    if request.method == "POST":
        return _act(request, may, reverse("hardy:queues"))
    now = overview()
    fast = throughput() if may.runs else None
    context = {
        "health": _worst(list(of_queues(now))),
        "queues": [line(queue, now, fast) for queue in now.queues],
    }
    return render(request, may, "queues", context)


@page()
def queue_page(request: HttpRequest, may: May) -> HttpResponse:
    """One queue, with everything that can be done about it."""
    asked = Parameters(request.GET)
    name = asked.text("name")
    if request.method == "POST":
        return _act(request, may, queue_url(name))
    now = overview()
    queue = next((queue for queue in now.queues if queue.name == name), None)
    if queue is None:
        unknown = {"here": "queues", "name": name, "notes": asked.notes}
        return render(request, may, "no_queue", unknown, status=404)
    purged = Filter(reason="purged", queue=name).letters()
    context: dict[str, Any] = {
        "here": "queues",
        "line": line(queue, now, throughput() if may.runs else None),
        "queue": queue,
        "since": ago(queue.paused.paused_at, now.now) if queue.paused else "",
        "purged": count_up_to(purged) if may.letters and may.replay else 0,
        "purged_at_once": PURGED_AT_ONCE,
        "notes": asked.notes,
    }
    return render(request, may, "queue", context)


def line(queue: QueueOverview, now: Overview, fast: Throughput | None) -> dict[str, Any]:
    """One queue as a row of a table."""
    drain = fast.drain_seconds(queue.name, queue.waiting.number) if fast else None
    readers = [worker.name for worker in now.readers if queue.name in worker.queues]
    return {
        "queue": queue,
        "url": queue_url(queue.name),
        "tasks": reverse("hardy:tasks") + query(queue=queue.name),
        "behind": is_behind(queue),
        "unread": bool(queue.waiting) and not queue.workers,
        "oldest": "–" if queue.oldest_seconds is None else in_units(queue.oldest_seconds),
        "per_minute": round(fast.per_second(queue.name) * 60, 2) if fast else None,
        "drain_seconds": None if drain is None or queue.paused else round(drain, 1),
        "rate": per_minute(fast.per_second(queue.name)) if fast else "",
        "drain": _drain(queue, drain),
        "readers": readers,
    }


def per_minute(rate: float) -> str:
    """``0``, ``0.4``, ``12``, ``1,200``: jobs a minute."""
    found = rate * 60
    return f"{found:.1f}" if 0 < found < 10 else f"{found:,.0f}"


def queue_url(name: str) -> str:
    """Return the address of a queue's page; its name may hold anything, so it is no part of a path."""
    return reverse("hardy:queue") + query(name=name)


def _drain(queue: QueueOverview, seconds: float | None) -> str:
    if not queue.waiting:
        return "–"
    if queue.paused:
        return "paused"
    if seconds is None:
        return "unknown"
    return f"{'over ' if queue.waiting.more else ''}{in_units(max(1.0, seconds))}"


def _worst(found: Sequence[Health]) -> Health | None:
    return max(found, key=lambda finding: finding.level, default=None)


def _act(request: HttpRequest, may: May, back: str) -> HttpResponse:
    """Do what a form says, and say what became of it."""
    asked = Parameters(request.POST)
    act = asked.choice("act", ("pause", "resume", "purge", "bring back"))
    queue, note = asked.text("queue"), asked.text("note", LONGEST_NOTE)
    try:
        if act in ("pause", "resume"):
            require(may.pause)
            _pause_or_resume(request, act, queue, note)
        elif act == "purge":
            require(may.purge)
            _purge(request, queue, asked.text("typed"))
        elif act == "bring back":
            require(may.replay)
            _bring_back(request, queue)
        else:
            messages.warning(request, "Nothing was done: the form did not say what.", fail_silently=True)
    except UnknownQueue as error:
        messages.error(request, str(error), fail_silently=True)
    return HttpResponseRedirect(back)


def _pause_or_resume(request: HttpRequest, act: str, queue: str, note: str) -> None:
    if act == "resume":
        done = resume(queue, by=request.user, via="control room")
        said = (
            f"{queue} is resumed: workers take from it within two seconds."
            if done
            else f"{queue} is not paused."
        )
    else:
        done = pause(queue, by=request.user, note=note, via="control room")
        taken = "workers stop taking from it within two seconds; what they have begun goes on"
        said = f"{queue} is paused: {taken}." if done else f"{queue} is paused already."
    messages.success(request, said, fail_silently=True)


def _purge(request: HttpRequest, queue: str, typed: str) -> None:
    if typed != queue:
        messages.error(
            request, "Nothing was purged: what was typed is not the name of the queue.", fail_silently=True
        )
        return
    entry = audit.entry("purged", by=request.user, via="control room", target=queue)
    count = purge(queue, limit=PURGED_AT_ONCE, entry=entry)
    said = f"Purged {jobs(count)} of {queue}. They are dead letters now, and can be brought back from here."
    messages.success(request, said if count else f"Nothing in {queue} may start now.", fail_silently=True)
    if count >= PURGED_AT_ONCE:
        messages.warning(request, "More wait; purge again for the rest.", fail_silently=True)


def _bring_back(request: HttpRequest, queue: str) -> None:
    letters = Filter(reason="purged", queue=queue).letters()
    report = replay(letters, by=request.user, note="brought back after a purge", limit=LETTERS_AT_ONCE)
    messages.success(request, f"Brought back {jobs(len(report.decided))}.", fail_silently=True)
    if report.refused:
        first = report.refused[0].why
        messages.warning(request, f"{jobs(len(report.refused))} stayed dead: {first}", fail_silently=True)
