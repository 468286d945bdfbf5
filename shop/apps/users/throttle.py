"""How often one may try: passwords of an address, and mails to it. Counted in the cache, for each address."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.cache import cache

#: Wrong passwords in a row, within so many seconds of the first; then it takes a pause.
ATTEMPTS, PAUSE = 10, 300
#: Mails to one address within so many seconds.
MAILS, HOUR = 3, 3600

TOO_MANY_ATTEMPTS = "Too many wrong passwords for this address. Wait five minutes, or ask for a new password."


def must_wait(name: str) -> bool:
    """Whether so many passwords were wrong that not even the right one is looked at now."""
    return int(cache.get(_key("log-in", name), 0)) >= ATTEMPTS


def may_be_mailed(email: str) -> bool:
    """Count one mail to the address; False if it has had enough of them."""
    return _count(_key("mail", email), HOUR) <= MAILS


def count_failure(sender: Any, credentials: dict[str, Any], **_: Any) -> None:
    _count(_key("log-in", str(credentials.get("username", ""))), PAUSE)


def forget_failures(sender: Any, user: Any, **_: Any) -> None:
    cache.delete_many([_key("log-in", name) for name in (user.email, user.login_name) if name])


def connect() -> None:
    user_login_failed.connect(count_failure, dispatch_uid="shop.throttle")
    user_logged_in.connect(forget_failures, dispatch_uid="shop.throttle")


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it has expired just now
        return 1


def _key(what: str, who: str) -> str:
    return f"throttle:{what}:{sha256(who.strip().lower().encode(errors='replace')).hexdigest()}"
