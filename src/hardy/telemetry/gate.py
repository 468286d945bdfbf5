"""Who may read figures: whoever shows the token, and staff who may view jobs."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hardy.conf import settings

View = Callable[[HttpRequest], HttpResponse]

REFUSAL = """\
Show HARDY['METRICS_TOKEN'] as a bearer token (Authorization: Bearer …), or log in as staff who may view jobs.
"""


def open_to_machines(view: View) -> View:
    """Decorate a view that monitors read: safe methods, never cached, and outside of ``ATOMIC_REQUESTS``.

    A database that is away must be answered for, not end in an error page.
    """
    safe: View = never_cache(require_safe(view))
    return transaction.non_atomic_requests(safe)


def guarded(view: View) -> View:
    """Decorate a view that only whoever may read figures sees; others get 401 and the remedy."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if may_read(request):
            return view(request)
        refusal = HttpResponse(REFUSAL, status=401, content_type="text/plain; charset=utf-8")
        refusal["WWW-Authenticate"] = 'Bearer realm="hardy"'
        return refusal

    return open_to_machines(answer)


def may_read(request: HttpRequest) -> bool:
    """Return whether this request comes from somebody who may read figures."""
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    token = settings.METRICS_TOKEN
    if token is not None and kind.lower() == "bearer":
        return hmac.compare_digest(shown.strip().encode(), token.encode())
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.is_staff and user.has_perm("hardy.view_job"))
