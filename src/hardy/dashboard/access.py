"""Who may enter, and what each person may see and do: Django's own permissions, the same as in the admin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

View = Callable[..., HttpResponse]

JSON = "application/json"

#: What a page may ask about a person, and the permission that answers.
PERMISSIONS = {
    "jobs": "hardy.view_job",
    "runs": "hardy.view_run",
    "letters": "hardy.view_deadletter",
    "workers": "hardy.view_worker",
    "schedules": "django_celery_beat.view_periodictask",
    "arguments": "hardy.view_arguments",
    "change": "hardy.change_job",
    "replay": "hardy.replay_deadletter",
    "discard": "hardy.discard_deadletter",
    "pause": "hardy.pause_queue",
    "purge": "hardy.purge_queue",
    "control": "hardy.control_worker",
    "audit": "hardy.view_auditentry",
}


@dataclass(frozen=True, slots=True)
class May:
    """What one person may: ``may.replay``, ``may.arguments``."""

    jobs: bool = False
    runs: bool = False
    letters: bool = False
    workers: bool = False
    schedules: bool = False
    arguments: bool = False
    change: bool = False
    replay: bool = False
    discard: bool = False
    pause: bool = False
    purge: bool = False
    control: bool = False
    audit: bool = False

    @classmethod
    def of(cls, user: Any) -> May:
        return cls(**{name: bool(user.has_perm(permission)) for name, permission in PERMISSIONS.items()})


def page(*needed: str) -> Callable[[View], View]:
    """Decorate a view: for active staff who may view jobs and have ``needed``; it is given what they may.

    Strangers are sent to the log-in and back; who is logged in and may not is told so (403).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            user: Any = request.user
            if not user.is_authenticated:
                if wants_json(request):
                    return JsonResponse({"error": "Nobody is logged in."}, status=401)
                return redirect_to_login(request.get_full_path(), _login_url())
            may = May.of(user)
            if not (
                user.is_active and user.is_staff and all(getattr(may, name) for name in ("jobs", *needed))
            ):
                if wants_json(request):
                    names = ["hardy.view_job", *(PERMISSIONS[name] for name in needed)]
                    said = f"This takes staff with the permission{'s' if needed else ''} {', '.join(names)}."
                    return JsonResponse({"error": said}, status=403)
                raise PermissionDenied
            return view(request, may)

        return never_cache(csrf_protect(guarded))

    return decorate


def wants_json(request: HttpRequest) -> bool:
    """Whether a machine asks; a browser, and whoever takes anything, gets the page."""
    return request.get_preferred_type(["text/html", JSON]) == JSON


def require(allowed: bool) -> None:
    """Refuse (403) what this person may not do."""
    if not allowed:
        raise PermissionDenied


def _login_url() -> str:
    """The admin's log-in, or the project's where there is no admin."""
    try:
        return reverse("admin:login")
    except NoReverseMatch:
        return resolve_url(django_settings.LOGIN_URL)
