"""What must not be kept of a task's arguments: parameters annotated as `Redacted`, or named like a secret."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

#: What stands in the place of a value.
REDACTED = "[redacted]"

#: Types whose values are secret wherever they stand: pydantic's.
SECRET_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret"})


class Redacted:
    """Marks a parameter whose value stays out of the history: ``card: Annotated[str, hardy.Redacted]``.

    The message itself keeps it, for the task needs it; so do dead letters, and both are shown only to people with the
    permission ``hardy.view_arguments``.
    """


def annotated_as_secret(function: Callable[..., Any]) -> frozenset[str]:
    """Return the names of the parameters whose annotation says that their value is secret."""
    try:
        hints = get_type_hints(inspect.unwrap(function), include_extras=True)
    except Exception:  # annotations are code, and some can be read by a type checker only
        hints = dict(getattr(inspect.unwrap(function), "__annotations__", {}))
    return frozenset(name for name, hint in hints.items() if _is_secret(hint))


@lru_cache(maxsize=4096)
def named_like_a_secret(name: str, words: Sequence[str]) -> bool:
    """Return whether ``name`` holds one of ``words``: ``api_key`` and ``apiKey`` both hold ``api_key``."""
    plain = _plain(name)
    return any(_plain(word) in plain for word in words if word)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _is_secret(hint: Any) -> bool:
    if isinstance(hint, str):  # an annotation that could not be evaluated
        return "Redacted" in hint or hint in SECRET_TYPES
    if get_origin(hint) is Annotated:
        marks = get_args(hint)[1:]
        if any(mark is Redacted or isinstance(mark, Redacted) for mark in marks):
            return True
    if getattr(hint, "__name__", "") in SECRET_TYPES:
        return True
    return any(map(_is_secret, get_args(hint)))
