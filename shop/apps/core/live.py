"""Parts of pages that move by themselves: htmx asks for them again and again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

UNCHANGED = 204  # htmx leaves the page as it is


class Live:
    """Mixed into a view of a part of a page: `?seen=` names the version that the browser shows.

    As long as that one is right the answer is empty, so nothing flickers, focus stays where it is, and a screen
    reader speaks only of what is new.
    """

    def version(self, context: dict[str, Any]) -> str:
        """A text that changes when the part would look different."""
        raise NotImplementedError

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if self.request.GET.get("seen") == self.version(context):  # type: ignore[attr-defined]
            return HttpResponse(status=UNCHANGED)
        return super().render_to_response(context, **kwargs)  # type: ignore[misc]

    def handle_no_permission(self) -> HttpResponse:
        """Who was logged out meanwhile gets the whole page anew, which asks them to log in."""
        return HttpResponse(status=UNCHANGED, headers={"HX-Refresh": "true"})
