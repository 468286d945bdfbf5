"""What the ledger keeps of an exception: its type, its text, its traceback, and the fingerprint of its fault."""

from __future__ import annotations

import traceback as tracebacks
from typing import Any

from celery.exceptions import Reject, Retry
from celery.utils.saferepr import saferepr

from hardy.ledger.fingerprint import fingerprint
from hardy.ledger.finish import End
from hardy.snooze import Snooze

#: Longest text of a result or an error that a run keeps, in characters.
LONGEST = 4096


def failed(
    error: BaseException,
    *,
    task: str,
    outcome: str = "failed",
    reason: str = "",
    traceback: str | None = None,
) -> End:
    """Return the end of an attempt of ``task`` that raised ``error``."""
    text = text_of(error)
    return End(
        outcome,
        error_type=name_of(type(error))[:255],
        error=printable(text),
        fingerprint=fingerprint_of(error, task=task, text=text),
        traceback=printable(
            traceback if traceback is not None else "".join(tracebacks.format_exception(error)), 4
        ),
        reason=reason,
    )


def succeeded(value: Any) -> End:
    """Return the end of an attempt that returned ``value``."""
    return End("succeeded", result="" if value is None else printable(_result_text(value)))


def retried(retry: Retry, in_flight: BaseException | None = None, *, task: str) -> End:
    """Return the end of an attempt that asked for another one; its cause, if it has one, is the error."""
    cause = in_flight or (retry.exc if isinstance(retry.exc, BaseException) else None)
    return failed(cause or retry, task=task, outcome="retried", traceback="" if cause is None else None)


def set_aside(error: Snooze | Reject, *, task: str) -> End:
    """Return the end of an attempt that was snoozed or rejected by its task."""
    if isinstance(error, Snooze):
        return End("snoozed", counts=False)
    reason = "" if error.requeue else "rejected"
    return failed(error, task=task, outcome="rejected", traceback="", reason=reason)


def fingerprint_of(error: BaseException, *, task: str, text: str | None = None) -> str:
    """Return the fingerprint that the ledger keeps of ``error`` where ``task`` raises it; ``text`` is what it says."""
    said = text_of(error) if text is None else text
    return fingerprint(error, said, task=task, kind=name_of(type(error)))


def text_of(error: BaseException) -> str:
    """Return what the exception says; where its own code fails to say it, a placeholder that says so."""
    try:
        return str(error) or repr(error)
    except Exception as failed_to_say:
        return f"<no text: {name_of(type(error))}.__str__ raised {name_of(type(failed_to_say))}>"


def _result_text(value: Any) -> str:
    try:
        return str(saferepr(value, LONGEST))
    except Exception as failed_to_say:
        return f"<no text: {type(value).__qualname__}.__repr__ raised {name_of(type(failed_to_say))}>"


def name_of(kind: type[BaseException]) -> str:
    """Return the dotted name of an exception class, without ``builtins``."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def printable(text: str, times: int = 1) -> str:
    """Return ``text`` as every database takes it: no NUL, no lone surrogates, not endless (the end is what matters)."""
    clean = text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    longest = LONGEST * times
    return clean if len(clean) <= longest else f"… {clean[-longest:]}"
