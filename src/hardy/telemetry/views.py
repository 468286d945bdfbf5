"""What monitors ask a web process for: `/metrics`, `/health` and the figures that workers are scaled by."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from hardy.conf import settings
from hardy.db.failures import DATABASE_ERRORS
from hardy.errors import MissingExtra
from hardy.ledger.health import Level
from hardy.ledger.overview import overview
from hardy.telemetry.exposition import LedgerCollector, exposition
from hardy.telemetry.gate import guarded, may_read, open_to_machines
from hardy.telemetry.parts import parts, worst


@guarded
def metrics(request: HttpRequest) -> HttpResponse:
    """The ledger's figures for Prometheus; 501 with the command that installs its client where that is missing."""
    try:
        text, kind = exposition(LedgerCollector())
    except MissingExtra as error:
        return HttpResponse(f"{error}\n", status=501, content_type="text/plain; charset=utf-8")
    return HttpResponse(text, content_type=kind)


@open_to_machines
def health(request: HttpRequest) -> HttpResponse:
    """Which part of background work is down: 503 if one is, 200 if all is well or somebody should look.

    Anybody may see the parts; what is said of them, with names of queues and numbers, is for whoever may read figures.
    """
    found = parts()
    level = worst(found)
    told = [part.as_json() for part in found]
    if not _may_read(request, database_answers=found[0].level == Level.FINE):
        told = [{"name": part["name"], "status": part["status"]} for part in told]
    status = 503 if level == Level.WRONG else 200
    return JsonResponse({"status": level.word, "parts": told}, status=status)


@guarded
def scaling(request: HttpRequest) -> HttpResponse:
    """What workers are scaled by, per queue: how long the oldest job has waited, how many wait, how many run.

    Wait, and not busy processes: workers that are all busy with no queue behind them are enough. A number that is
    capped says how many there are at least.
    """
    try:
        queues = overview().queues
    except DATABASE_ERRORS:
        return JsonResponse({"error": "The database that holds the ledger does not answer."}, status=503)
    figures = {
        queue.name: {
            "wait_seconds": round(queue.oldest_seconds or 0.0, 1),
            "waiting": queue.waiting.number,
            "running": queue.running.number,
            "workers": queue.workers,
        }
        for queue in queues
    }
    asked = request.GET.get("queue")
    if asked is None:
        return JsonResponse({"queues": figures})
    nothing = {"wait_seconds": 0.0, "waiting": 0, "running": 0, "workers": 0}
    return JsonResponse(figures.get(asked, nothing))


def _may_read(request: HttpRequest, *, database_answers: bool) -> bool:
    """With the database away nobody can be looked up; the token needs none."""
    if not database_answers and settings.METRICS_TOKEN is None:
        return False
    try:
        return may_read(request)
    except DATABASE_ERRORS:
        return False
