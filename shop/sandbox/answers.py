"""How the vendors read requests and refuse them: every refusal is JSON that names what was wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.store import Document, Shelf


class Refused(Exception):
    """A request the vendor will not serve; becomes an answer of `{"error": ..., "detail": ...}`."""

    def __init__(self, status: int, error: str, detail: str, **more: Any) -> None:
        super().__init__(f"{status} {error}: {detail}")
        self.status = status
        self.body = {"error": error, "detail": detail, **more}


def require(rules: dict[str, tuple[bool, str]]) -> None:
    """Refuse a body unless each field's rule holds; the answer has the words of those that do not."""
    wrong = {field: words for field, (holds, words) in rules.items() if not holds}
    if wrong:
        raise Refused(400, "invalid_request", f"Correct these fields: {', '.join(wrong)}.", fields=wrong)


async def json_body(request: web.Request) -> Any:
    """The request's body as JSON."""
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as exc:
        raise Refused(400, "invalid_json", f"The body is not JSON: {exc}.") from exc


async def json_object(request: web.Request) -> Document:
    """The request's body as a JSON object."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise Refused(400, "invalid_request", "Send a JSON object, such as {}.")
    return body


def is_reference(value: Any) -> bool:
    """Whether the value can name an order: a number, or text that is not blank."""
    return bool(value.strip()) if isinstance(value, str) else type(value) is int


def newest(request: web.Request, shelf: Shelf, **filters: str) -> web.Response:
    """A shelf's documents as a JSON list, newest first.

    `filters` maps each query parameter to the field that must equal it.
    """
    chosen = {name: value for name, value in request.query.items() if name != "limit"}
    if unknown := set(chosen) - set(filters):
        known = ", ".join([*filters, "limit"])
        raise Refused(
            400, "unknown_filter", f"There is no filter {', '.join(sorted(unknown))}; known: {known}."
        )
    equal = {filters[name]: value for name, value in chosen.items()}
    return web.json_response(shelf.newest(limit=limit_of(request), **equal))


def limit_of(request: web.Request) -> int | None:
    """How many documents the query asks for at most, or None for all."""
    limit = request.query.get("limit")
    if limit is None:
        return None
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit) < 2**31):
        raise Refused(400, "invalid_limit", "limit is a whole number above 0.")
    return int(limit)


def one(shelf: Shelf, key: str) -> Document:
    """The document under the key."""
    document = shelf.get(key)
    if document is None:
        raise Refused(404, "not_found", f"There is nothing under {key!r} here.")
    return document


def cleared(shelf: Shelf) -> web.Response:
    """Empties the shelf and says how much it held."""
    return web.json_response({"deleted": shelf.clear()})


def now() -> str:
    """This moment, in UTC, as ISO 8601."""
    return datetime.now(UTC).isoformat()
