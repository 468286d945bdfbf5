"""The fingerprint of an error: equal for one fault however often, wherever and about whatever it strikes.

It is the task, the type of the exception, the project's own functions between them, and what the exception says without
what varies. The ledger keeps it of every attempt that ends with an error; dead letters, lists and Sentry group by it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from types import TracebackType

from hardy.tracebacks import is_foreign

#: Modules whose frames carry the call to the body, or watch it, and say nothing about the fault.
CARRIERS = ("celery.", "hardy.", "sentry_sdk.", "opentelemetry.")

#: What strikes wherever a task happens to be: the place is no part of the fault.
ANYWHERE = frozenset({"SoftTimeLimitExceeded", "MemoryError"})

#: Characters of a text that are looked at: what comes later is the vendor's page of HTML, or data.
LOOKED_AT = 300
#: What varies from one time to the next, in this order: addresses, what is quoted, and every word with a digit in it,
#: which is a number, an id, a date or a place in memory. Each begins where a word does: no text takes long.
VARYING = re.compile(
    r"""
      \b\w+://\S+ | (?<![\w.+-])[\w.+-]+@[\w.-]+ | (?<![\w/])/[\w./-]+
    | (?<!\w)'[^']*'(?!\w) | "[^"]*" | `[^`]*` | “[^”]*” | «[^»]*»
    | (?<![\w.:-])[\w.:-]*\d[\w.:-]*
    """,
    re.VERBOSE,
)


def fingerprint(error: BaseException, text: str, *, task: str, kind: str) -> str:
    """Return that of an exception named ``kind`` which says ``text``: 16 hexadecimal digits."""
    places = () if type(error).__name__ in ANYWHERE else _functions(error.__traceback__)
    return _digest([task, kind, *places, without_what_varies(text)])


def fingerprint_of_kind(kind: str, *, task: str) -> str:
    """Return that of an end for which nobody raised anything, such as a crash."""
    return _digest([task, kind])


def without_what_varies(text: str) -> str:
    """Return the first line of a text with ``*`` for numbers, ids, addresses and what is quoted."""
    first = next((line for line in text[:LOOKED_AT].splitlines() if line.strip()), "")
    return " ".join(VARYING.sub("*", first).split())


def _functions(trace: TracebackType | None) -> Iterable[str]:
    """Name the project's own functions, each once: of a recursion it does not matter how deep it was.

    A task of somebody else's package has none; then all functions count but those that carry every call.
    """
    own: dict[str, None] = {}
    others: dict[str, None] = {}
    while trace is not None:
        code = trace.tb_frame.f_code
        name = f"{trace.tb_frame.f_globals.get('__name__', '')}.{code.co_qualname}"
        if not name.startswith(CARRIERS):
            (others if is_foreign(code.co_filename) else own)[name] = None
        trace = trace.tb_next
    return own or others


def _digest(parts: Iterable[str]) -> str:
    said = "\n".join(parts).encode("utf-8", "backslashreplace")
    return hashlib.sha256(said).hexdigest()[:16]
