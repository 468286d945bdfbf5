"""What every page is given, whatever context processors the project has."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as django_render

from hardy.dashboard.access import May

#: The pages in the navigation: name of the address, title, and what one must be allowed.
PAGES = (
    ("overview", "Overview", "jobs"),
    ("tasks", "Tasks", "jobs"),
    ("errors", "Errors", "letters"),
    ("queues", "Queues", "jobs"),
    ("workers", "Workers", "workers"),
    ("schedules", "Schedules", "schedules"),
    ("audit", "Audit", "audit"),
)


def render(
    request: HttpRequest, may: May, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with a page of the control room; ``page`` names its template and its place in the navigation."""
    about = {
        "may": may,
        "pages": [(name, title) for name, title, needed in PAGES if getattr(may, needed)],
        "here": context.get("here", page),
        "messages": get_messages(request),
        "person": str(request.user),
    }
    return django_render(request, f"hardy/dashboard/{page}.html", {**about, **context}, status=status)
