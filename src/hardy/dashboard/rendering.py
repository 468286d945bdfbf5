"""What every page is given, whatever context processors the project has."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render as django_render
from django.utils.cache import patch_vary_headers

from hardy.dashboard.access import May, wants_json
from hardy.dashboard.answers import ANSWERS

#: The pages in the navigation: name of the address, title, and what one must be allowed.
PAGES = (
    ("overview", "Overview", "jobs"),
    ("tasks", "Tasks", "jobs"),
    ("errors", "Errors", "letters"),
    ("queues", "Queues", "jobs"),
    ("workers", "Workers", "workers"),
    ("schedules", "Schedules", "schedules"),
    ("audit", "Audit", "audit"),
    ("doctor", "Doctor", "jobs"),
)


def render(
    request: HttpRequest, may: May, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with a page of the control room; ``page`` names its template and its place in the navigation.

    A machine that asks for JSON is answered with the same in its own form.
    """
    if wants_json(request):
        return _as_json(may, page, context, status)
    about = {
        "may": may,
        "pages": [(name, title) for name, title, needed in PAGES if getattr(may, needed)],
        "here": context.get("here", page),
        "messages": get_messages(request),
        "person": str(request.user),
    }
    answer = django_render(request, f"hardy/dashboard/{page}.html", {**about, **context}, status=status)
    patch_vary_headers(answer, ["Accept"])
    return answer


def _as_json(may: May, page: str, context: dict[str, Any], status: int) -> HttpResponse:
    if page not in ANSWERS:
        answer = JsonResponse({"error": "This page asks a person, and has no form for machines."}, status=406)
    else:
        answer = JsonResponse(ANSWERS[page](context, may), status=status)
    patch_vary_headers(answer, ["Accept"])
    return answer
