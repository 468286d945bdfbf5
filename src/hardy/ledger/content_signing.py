"""Signing what a message says, as an option: whoever can write to the broker or the ledger cannot send a task then.

With ``HARDY["SIGNING_KEY"]`` each message carries an HMAC-SHA256 (RFC 2104) over what it makes a worker do: the id, the
task, and the body with its arguments and all that follows. What Celery or a broker may change on the way (retries, an
eta, delivery counts) is not covered. Several keys may be good at a time, so that a key can be changed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from hardy.conf import settings
from hardy.errors import Unsigned
from hardy.ledger.signing import derived_key, is_equal

#: The header that carries the signature.
SIGNATURE_HEADER = "hardy_signature"


def is_on() -> bool:
    """Return whether messages are signed, and looked at for it."""
    return settings.SIGNING_KEY is not None


def sign(headers: dict[str, Any], body: str | bytes, content_type: str, content_encoding: str) -> None:
    """Write the signature into ``headers``, if messages are signed. ``body`` is not compressed yet."""
    headers.pop(SIGNATURE_HEADER, None)
    if settings.SIGNING_KEY is not None:
        said = _said(headers, body, content_type, content_encoding)
        headers[SIGNATURE_HEADER] = _digest(settings.SIGNING_KEY, said)


def require_signature(
    headers: Mapping[str, Any], body: str | bytes, content_type: Any, content_encoding: Any
) -> None:
    """Raise :class:`Unsigned` unless the message was signed with one of the keys, or none is set."""
    if settings.SIGNING_KEY is None:
        return
    found = headers.get(SIGNATURE_HEADER)
    said = _said(headers, body, content_type, content_encoding)
    keys = (settings.SIGNING_KEY, *settings.SIGNING_KEY_FALLBACKS)
    if not isinstance(found, str) or not any(is_equal(found, _digest(key, said)) for key in keys):
        raise Unsigned(
            "The message has no signature by HARDY['SIGNING_KEY']. If the key was changed, keep the old one in"
            " SIGNING_KEY_FALLBACKS until such messages are through; replaying the dead letter signs it anew."
        )


def _said(headers: Mapping[str, Any], body: str | bytes, content_type: Any, content_encoding: Any) -> bytes:
    """Return what is signed. Lengths stand before the parts, so that none can be moved into the next."""
    named = (headers.get("id"), headers.get("task"), content_type, content_encoding)
    parts = [repr(part).encode("utf-8", "surrogatepass") for part in named]
    parts.append(body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)


def _digest(key: str, said: bytes) -> str:
    return hmac.new(derived_key(b"hardy.ledger.content_signing", key), said, sha256).hexdigest()
