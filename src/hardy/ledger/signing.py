"""The ledger header of a message that goes through a broker, signed: nobody else can say "this is that row".

Whoever can write to the broker could otherwise send another task under the id of a job that waits. The signature covers
what ties a message to its row: id, task, fencing token and attempts, by HMAC-SHA256 with a key derived from Django's
``SECRET_KEY`` (and ``SECRET_KEY_FALLBACKS``, so that it can be rotated).
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings as django_settings


def signature(job: str, task: str, token: int, attempts: int) -> str:
    """Return the signature of one delivery: 32 hexadecimal digits."""
    return _sign(_key(django_settings.SECRET_KEY), job, task, token, attempts)


def is_genuine(header: Any, job: Any, task: Any) -> bool:
    """Return whether a ledger header was made by this project, for this job and this task."""
    if not isinstance(header, dict) or not all(
        type(header.get(name)) is int for name in ("token", "attempts")
    ):
        return False
    said = header.get("signature")
    keys = (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
    signed = (_sign(_key(key), str(job), str(task), header["token"], header["attempts"]) for key in keys)
    return isinstance(said, str) and any(is_equal(said, one) for one in signed)


def is_equal(said: str, wanted: str) -> bool:
    """Compare in constant time; what a message says may be any text, of which `hmac` takes ASCII only."""
    return hmac.compare_digest(said.encode("utf-8", "surrogatepass"), wanted.encode())


def _sign(key: bytes, job: str, task: str, token: int, attempts: int) -> str:
    text = f"{job}\n{task}\n{token}\n{attempts}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, sha256).hexdigest()[:32]


def _key(secret: str | bytes) -> bytes:
    return derived_key(b"hardy.ledger.signing", secret)


@lru_cache(maxsize=16)
def derived_key(purpose: bytes, secret: str | bytes) -> bytes:
    """Return the key for one purpose, of which nothing follows about ``secret`` or the key for another."""
    return sha256(purpose + (secret if isinstance(secret, bytes) else secret.encode())).digest()
