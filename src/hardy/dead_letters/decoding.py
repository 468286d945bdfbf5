"""What is in a letter: the stored Celery message, opened, and turned back into a call of ``send_task``."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from celery.app.task import Context
from celery.utils.saferepr import saferepr
from kombu import compression, serialization
from kombu.utils import json as kombu_json

from hardy.errors import HardyError
from hardy.ledger.message import LEDGER_HEADER

#: Header by which a replayed job names the letter it came from.
REPLAY_OF = "hardy_replay_of"

#: Properties that send_task sets by itself, or that belong to one delivery.
NOT_OPTIONS = frozenset(
    {"correlation_id", "reply_to", "body_encoding", "delivery_tag", "delivery_info", "expiration"}
)


#: Characters of the sentence that says why a letter is unreadable: it may quote what it stumbled over.
LONGEST_REASON = 1000

#: How deep Celery shows arguments where it has no setting for it, before 5.7.
REPR_LEVELS = 3


class Unreadable(HardyError):
    """The message of a letter cannot be read here."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A message, opened: the call, what follows from it, and how it was sent."""

    task: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    #: Celery's ``callbacks``, ``errbacks``, ``chain`` and ``chord``.
    canvas: Mapping[str, Any]
    headers: Mapping[str, Any]
    properties: Mapping[str, Any]
    serializer: str | None
    #: How the sender wants the arguments shown, where it is not Celery's own way: it may be to hide them.
    chosen_words: Mapping[str, str]

    @property
    def arguments(self) -> str:
        """The arguments as JSON, for people and for editing."""
        return readable({"args": self.args, "kwargs": self.kwargs})

    def options(self, *, queue: str, letter: int) -> dict[str, Any]:
        """Return the options of a ``send_task`` that sends this message again, as a job that starts anew.

        Retries, an eta and an expiry that has passed belong to the life that ended.
        """
        headers = self.headers
        hard, soft = headers.get("timelimit") or (None, None)
        return {
            **{name: value for name, value in self.properties.items() if name not in NOT_OPTIONS},
            **self._stamps(),
            "task_id": headers["id"],
            "root_id": headers.get("root_id"),
            "parent_id": headers.get("parent_id"),
            "group_id": headers.get("group"),
            "group_index": headers.get("group_index"),
            "shadow": headers.get("shadow"),
            "replaced_task_nesting": headers.get("replaced_task_nesting") or 0,
            "ignore_result": headers.get("ignore_result"),
            "time_limit": hard,
            "soft_time_limit": soft,
            "expires": self._expires(),
            "retries": 0,
            "reply_to": self.properties.get("reply_to") or None,
            "chord": self.canvas.get("chord"),
            "chain": self.canvas.get("chain"),
            "link": self.canvas.get("callbacks"),
            "link_error": self.canvas.get("errbacks"),
            "serializer": self.serializer,
            "compression": headers.get("compression"),
            "headers": {**self._own_headers(), REPLAY_OF: str(letter)},
            "add_to_parent": False,
            **({"queue": queue} if queue else {}),
        }

    def _own_headers(self) -> dict[str, Any]:
        own = dict(Context(dict(self.headers)).headers or {})
        own.pop(LEDGER_HEADER, None)
        return {**own, **self.chosen_words}

    def _stamps(self) -> dict[str, Any]:
        names = self.headers.get("stamped_headers") or []
        stamps = self.headers.get("stamps") or {}
        return {"stamped_headers": names, **{name: stamps.get(name) for name in names}} if names else {}

    def _expires(self) -> str | None:
        """An expiry that has passed is dropped: whoever replays the letter wants it to run."""
        expires = self.headers.get("expires")
        if not isinstance(expires, str):
            return None
        moment = datetime.fromisoformat(expires)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return expires if moment > datetime.now(UTC) else None


def open_letter(app: Any, message: str) -> Contents:
    """Return the contents of a stored message; :class:`Unreadable` says why it has none.

    Only what the app accepts from its broker is deserialised: a pickle in a letter is no more welcome than one there.
    """
    try:
        stored = json.loads(message)
        args, kwargs, canvas = serialization.loads(
            _payload(stored), stored["content-type"], stored["content-encoding"],
            accept=serialization.prepare_accept_content(app.conf.accept_content),
        )  # fmt: skip
        args, kwargs, headers = tuple(args), dict(kwargs), stored["headers"]
        return Contents(
            headers["task"], args, kwargs, canvas or {}, headers, stored["properties"],
            serialization.registry.type_to_name.get(stored["content-type"]),
            _chosen_words(app, headers, args, kwargs),
        )  # fmt: skip
    except Exception as error:  # a codec raises what it likes
        raise _unreadable("the message cannot be read here", error) from error


def readable(value: Any) -> str:
    """Return a value as indented JSON; dates, decimals and uuids in the form in which Celery sends them.

    Raises :class:`Unreadable` for what is nested too deeply, or is no JSON at all, as a pickle may hold.
    """
    try:
        return printable(kombu_json.dumps(value, indent=2, ensure_ascii=False))
    except Exception as error:  # a value's own encoder raises what it likes
        raise _unreadable("the arguments cannot be shown as JSON", error) from error


def printable(text: str) -> str:
    """Return ``text`` with halves of surrogate pairs, which no page can show, as JSON has them: ``\\ud800``."""
    return text.encode(errors="backslashreplace").decode()


def from_readable(text: str) -> Any:
    """Return the value that :func:`readable` wrote.

    Raises ``ValueError`` for what is no JSON, what no message can carry, and a typed value
    (``{"__type__": "uuid", "__value__": …}``) that is none of its type.
    """
    try:
        value = kombu_json.loads(text)
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply for a message") from error
    except UnicodeEncodeError as error:
        raise ValueError(
            "it holds half of a surrogate pair (such as \\ud800), which is no character: remove it"
        ) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from error
    except Exception as error:  # the decoder of a type raises what it likes
        why = printable(f"{type(error).__name__}: {error}")
        raise ValueError(f"a value in it is none of its type, or too long a number ({why})") from error
    return value


def _unreadable(what: str, error: Exception) -> Unreadable:
    return Unreadable(printable(f"{what}: {type(error).__name__}: {error}"[:LONGEST_REASON]))


def _chosen_words(
    app: Any, headers: Mapping[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, str]:
    amqp, levels = app.amqp, getattr(app.conf, "task_repr_maxlevels", REPR_LEVELS)
    sent = (args, list(args))
    usual = {
        "argsrepr": {saferepr(value, amqp.argsrepr_maxsize, maxlevels=levels) for value in sent},
        "kwargsrepr": {saferepr(kwargs, amqp.kwargsrepr_maxsize, maxlevels=levels)},
    }
    words = {name: headers.get(name) for name in usual}
    return {name: word for name, word in words.items() if word and word not in usual[name]}


def _payload(stored: Mapping[str, Any]) -> Any:
    body = stored["body"]
    if stored["properties"].get("body_encoding") == "base64":
        body = base64.b64decode(body)
    method = stored["headers"].get("compression")
    return compression.decompress(body, method) if method else body
