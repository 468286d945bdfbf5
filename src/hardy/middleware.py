"""``"hardy.middleware.CauseMiddleware"`` in ``MIDDLEWARE``: tasks remember the request and the user they came from."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest

from hardy.cause import caused_as, header

#: Where proxies put the id of a request, and where the answer repeats it.
REQUEST_ID = "X-Request-ID"
#: What a proxy's id may look like: a stranger may have written it.
USUAL = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)


class CauseMiddleware:
    """Gives each request an id (the one of its ``X-Request-ID``, or a new one) which its tasks carry, with the user's.

    The id is ``request.hardy_request_id`` and stands in the answer's ``X-Request-ID``. Whose request it is, is looked
    at only when a task is sent; put this anywhere in the list.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        request.hardy_request_id = given_id(request) or uuid4().hex  # type: ignore[attr-defined]
        if self._is_async:
            return self._answer(request)
        with caused_as(lambda: cause_of(request)):
            return _signed(request, self.get_response(request))

    async def _answer(self, request: HttpRequest) -> Any:
        answer: Awaitable[Any] = self.get_response(request)
        with caused_as(lambda: cause_of(request)):
            return _signed(request, await answer)


def given_id(request: HttpRequest) -> str:
    """Return the id that a proxy gave this request, if it is one."""
    said = request.headers.get(REQUEST_ID, "")
    return said if USUAL.fullmatch(said) else ""


def cause_of(request: HttpRequest) -> dict[str, str]:
    """Return what tasks sent for this request carry."""
    return header(request.hardy_request_id, _user_of(request))  # type: ignore[attr-defined]


def _user_of(request: Any) -> Any:
    try:
        return getattr(getattr(request, "user", None), "pk", None)
    except SynchronousOnlyOperation:  # nobody has looked yet, and on an event loop nobody may
        return None


def _signed(request: Any, response: Any) -> Any:
    response.headers.setdefault(REQUEST_ID, request.hardy_request_id)
    return response
