"""The promise behind `Idempotency-Key`: one key takes effect once and always gets the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from aiohttp import web

from sandbox.answers import Refused
from sandbox.store import Document, Shelf

LONGEST_KEY = 255


def key_of(request: web.Request) -> str:
    """The request's idempotency key, without which nothing is done."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Refused(
            400, "idempotency_key_missing", "Send an Idempotency-Key header: the task id is a good one."
        )
    if len(key) > LONGEST_KEY:
        raise Refused(
            400, "idempotency_key_too_long", f"An Idempotency-Key has at most {LONGEST_KEY} characters."
        )
    return key


def once(shelf: Shelf, key: str, body: Document, effect: Callable[[], Document]) -> web.Response:
    """Do it for a new key and answer 201; answer a known key as before; refuse it with another body."""
    fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    known = shelf.get(key)
    if known is None:
        made = {**effect(), "idempotency_key": key, "fingerprint": fingerprint}
        shelf.put(key, made)
        return web.json_response(made, status=201)
    if known["fingerprint"] != fingerprint:
        raise Refused(422, "idempotency_key_reused", f"The key {key!r} was used before, with another body.")
    return web.json_response(known, status=201, headers={"Idempotent-Replayed": "true"})
