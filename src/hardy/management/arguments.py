"""What the verbs are given, checked where it is read: argparse tells the caller what was wrong with which option."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from hardy.conf.durations import parse_duration
from hardy.errors import BadDuration, HardyError


class BadArgument(HardyError):
    """An argument is no text that can be looked for."""


def whole_number(text: str) -> int:
    """Read 0, 1, 2 …"""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to 999999999")
    return int(text)


def count(text: str) -> int:
    """Read 1, 2, 3 …"""
    if not whole_number(text):
        raise ArgumentTypeError("it must be at least 1")
    return int(text)


def port(text: str) -> int:
    """Read a TCP port."""
    if not 0 < whole_number(text) < 65536:
        raise ArgumentTypeError(f"{text} is not a port from 1 to 65535")
    return int(text)


def seconds(text: str) -> float:
    """Read ``30m`` as 1800.0."""
    try:
        return parse_duration(text).total_seconds()
    except BadDuration as error:
        raise ArgumentTypeError(str(error)) from error


def some_seconds(text: str) -> float:
    """Read ``300``, ``1.5`` or ``30m``: more than 0 seconds."""
    taken = seconds(f"{text}s" if text[-1:].isdecimal() else text)
    if not taken:
        raise ArgumentTypeError("it must be more than 0 seconds")
    return taken


def require_text(options: dict[str, Any]) -> None:
    """Refuse what no database has a text for: bytes that are not UTF-8, and null characters."""
    for value in options.values():
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str) and not _is_text(text):
                raise BadArgument(f"{text!a} is not text in UTF-8 without null characters.")


def _is_text(text: str) -> bool:
    is_utf8 = not any("\ud800" <= character <= "\udfff" for character in text)
    return is_utf8 and "\x00" not in text
