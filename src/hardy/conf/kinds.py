"""Does a value have the annotated type? The answer is a sentence that names the right one."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args, get_origin


def type_problem(where: str, value: object, kind: Any) -> str | None:
    """Return the sentence that says why ``value`` is not of the annotated ``kind``, or None when it is."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list and isinstance(value, list):
        return _first(type_problem(f"{where}[{i}]", item, arguments[0]) for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        of_keys = _first(type_problem(f"a key of {where}", key, arguments[0]) for key in value)
        return of_keys or _first(type_problem(f"{where}[{key!r}]", value[key], arguments[1]) for key in value)
    if kind is Any or (origin is None and _is_a(value, kind)):
        return None
    if origin not in (None, list, dict) and any(type_problem(where, value, one) is None for one in arguments):
        return None
    return f"{where} must be {named(kind)}, not {described(value)}."


def named(kind: Any) -> str:
    """Return an annotation as the words of a message: `a list of str`, `an int`, `a timedelta or None`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in (Any, NoneType):
        return "anything" if kind is Any else "None"
    if origin is None:
        return f"{'an' if kind.__name__[0] in 'aeiou' else 'a'} {kind.__name__}"
    if origin is list:
        return f"a list of {_plain(arguments[0])}"
    if origin is dict:
        return f"a dict of {_plain(arguments[0])} to {_plain(arguments[1])}"
    return " or ".join(named(one) for one in arguments)


def described(value: object) -> str:
    """Return a value as the words of a message: what it is, and its type."""
    return "None" if value is None else f"{value!r} ({type(value).__name__})"


def _plain(kind: Any) -> str:
    return named(kind).removeprefix("a ").removeprefix("an ")


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


def _is_a(value: object, kind: type) -> bool:
    """True is no int and 3 is no timedelta; but 3 is a float."""
    if isinstance(value, bool) and kind is not bool:
        return False
    return isinstance(value, (int, float) if kind is float else kind)
