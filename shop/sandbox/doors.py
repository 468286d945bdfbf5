"""The doors of the HTTP side: refusals become answers, pages get their security headers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.answers import Refused
from sandbox.calls import Handler

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def doors() -> list[Any]:
    """The middlewares, outermost first."""
    return [secured, explained, web.normalize_path_middleware(append_slash=True, merge_slashes=False)]


@web.middleware
async def secured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing is sniffed, and a page may load only what the sandbox itself serves."""
    response = await handler(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if response.content_type == "text/html":
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    return response


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal is JSON with the reason."""
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response(refused.body, status=refused.status)
    except web.HTTPError as exc:
        body = {
            "error": exc.reason.lower().replace(" ", "_"),
            "detail": f"{request.method} {request.path}: {exc.text}",
        }
        allow = {"Allow": exc.headers["Allow"]} if "Allow" in exc.headers else {}
        return web.json_response(body, status=exc.status, headers=allow)
