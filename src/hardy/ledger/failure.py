"""What the ledger keeps of an exception: its type, its text, its traceback, and a fingerprint that groups its kind."""

from __future__ import annotations

import hashlib
import traceback as tracebacks
from types import TracebackType
from typing import Any

from celery.utils.saferepr import saferepr

from hardy.ledger.finish import Ending

#: Longest text of a result or an error that a run keeps, in characters.
LONGEST = 4096


def failed(
    error: BaseException, *, outcome: str = "failed", reason: str = "", traceback: str | None = None
) -> Ending:
    """Return the ending of an attempt that raised ``error``."""
    return Ending(
        outcome,
        error_type=name_of(type(error))[:255],
        error=printable(str(error) or repr(error)),
        fingerprint=fingerprint(error),
        traceback=printable(
            traceback if traceback is not None else "".join(tracebacks.format_exception(error)), 4
        ),
        reason=reason,
    )


def succeeded(value: Any) -> Ending:
    """Return the ending of an attempt that returned ``value``."""
    return Ending("succeeded", result="" if value is None else printable(saferepr(value, LONGEST)))


def fingerprint(error: BaseException) -> str:
    """Return 16 hexadecimal digits, equal for errors of one type raised by one chain of functions.

    Line numbers and texts are left out, so that a deploy or an id in the message does not make a new kind.
    """
    places = [name_of(type(error)), *_functions(error.__traceback__)]
    return hashlib.sha256("\n".join(places).encode()).hexdigest()[:16]


def name_of(kind: type[BaseException]) -> str:
    """Return the dotted name of an exception class, without ``builtins``."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def printable(text: str, times: int = 1) -> str:
    """Return ``text`` as every database takes it: no NUL, no lone surrogates, not endless (the end is what matters)."""
    clean = text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    longest = LONGEST * times
    return clean if len(clean) <= longest else f"… {clean[-longest:]}"


def _functions(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{trace.tb_frame.f_globals.get('__name__', '')}.{code.co_qualname}")
        trace = trace.tb_next
    return [frame for frame in frames if not frame.startswith(("celery.", "hardy."))]
