"""Who may come in: each message is looked at before Celery reads it, whose worker would end over a wrong header."""

from __future__ import annotations

from typing import Any

from kombu.transport.virtual import Message as VirtualMessage

from hardy.broker.foreign import body_as_delivered
from hardy.broker.unreadable import UNREADABLE
from hardy.errors import Undecodable, shown
from hardy.ledger import content_signing
from hardy.ledger.delivery import is_embedded
from hardy.ledger.headers import checked
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.signing import is_genuine
from hardy.worker.reclaim import ReclaimedJobs


def admit(app: Any, message: Any) -> None:
    """Put the message's headers right where that can be done; raise ``Undecodable`` or ``Unsendable`` where not."""
    headers = message.headers
    if isinstance(headers, dict) and UNREADABLE in headers:
        raise Undecodable(f"It is no message of Celery: {headers[UNREADABLE]}")
    if content_signing.is_on() and not _is_the_ledgers_own(app, message):
        refuse_unsigned(headers, message)
    if not isinstance(headers, dict) or "task" not in headers:
        return  # Celery's first protocol, or no task at all: Celery's own checks see to it
    if headers.get(LEDGER_HEADER) is not None:
        if ledger_header_of(app, message) is None:
            raise Undecodable(FORGED)
        return
    if not isinstance(headers["task"], str):
        raise Undecodable(f"The name of the task is {shown(headers['task'])}.")
    headers.update(checked(headers))
    refuse_a_body_that_is_none(message)


def refuse_unsigned(headers: Any, message: Any) -> None:
    """Refuse what is not signed with the project's key, in whichever of Celery's protocols it is."""
    signed = headers if isinstance(headers, dict) else {}
    body = body_as_delivered(message)
    content_signing.require_signature(signed, body, message.content_type, message.content_encoding)


FORGED = (
    "The message says that it is a job of the ledger, and its signature is not this project's. If SECRET_KEY was"
    " changed, keep the old one in SECRET_KEY_FALLBACKS until such messages are through."
)


def ledger_header_of(app: Any, message: Any) -> dict[str, Any] | None:
    """Return the ledger header of a message, if this project has made it, for just this job and task."""
    headers = message.headers if isinstance(message.headers, dict) else {}
    header = headers.get(LEDGER_HEADER)
    if _is_the_ledgers_own(app, message) or is_genuine(header, headers.get("id"), headers.get("task")):
        return header or None
    return None


def refuse_a_body_that_is_none(message: Any) -> None:
    """Refuse what is no list of arguments, keyword arguments and what follows."""
    try:
        args, kwargs, follows = message.decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Undecodable(f"The body is not that of a Celery task: {error}") from error
    if not isinstance(args, (list, tuple)) or not isinstance(kwargs, dict) or not isinstance(follows, dict):
        raise Undecodable(
            "The body is not that of a Celery task: [arguments, keyword arguments, what follows]."
        )


def _is_the_ledgers_own(app: Any, message: Any) -> bool:
    """What was read from the ledger just now has not been in anybody else's hands."""
    return is_embedded(app) or (
        isinstance(message, VirtualMessage) and isinstance(message.channel, ReclaimedJobs)
    )
