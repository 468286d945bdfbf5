from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

#: Everything our pages need comes from our own address, and nothing in them is a script or a style of its own.
POLICY = "; ".join(
    (
        *("default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'"),
        *("form-action 'self'", "frame-ancestors 'none'"),
    )
)
OTHERS = ("/admin/", "/api/")  # their pages are not written by us


class ContentPolicy:
    """Tells the browser to refuse what our pages would never ask for, such as a script in a customer's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (request.path.startswith(OTHERS) or is_for_developers(response)):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


def is_for_developers(response: HttpResponse) -> bool:
    """Whether Django may have made this page, to show a developer what went wrong. It brings its own style."""
    return settings.DEBUG and response.status_code >= HTTPStatus.BAD_REQUEST


class NotFoundPage:
    """What a page does not find looks the same in development as in production.

    Django's own page for developers stays where it helps them: at addresses that lead to no page at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render(request, "404.html", status=404) if isinstance(exception, Http404) else None
