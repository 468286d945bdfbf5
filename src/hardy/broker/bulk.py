"""Many messages of one task: the first is made as Celery makes it, the others after its pattern.

Making a message takes Celery longer than writing its row takes the database, and of a thousand messages of one task
little differs: the id and the arguments. Where something in the project looks at each message (a policy, a signal, a
router that reads the arguments), each is made in full; the rows are written together either way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import signals
from celery.app.routes import MapRoute
from celery.app.task import Task as CeleryTask
from celery.utils.saferepr import saferepr
from kombu import serialization
from kombu.utils.uuid import uuid

from hardy import attempt
from hardy.app import Task, policies_of
from hardy.broker.producer import collecting
from hardy.conf import settings
from hardy.errors import Unsendable
from hardy.ledger import content_signing
from hardy.ledger.arguments import read
from hardy.ledger.delivery import is_embedded
from hardy.ledger.enqueue import enqueue_many
from hardy.ledger.message import JobMessage, decode
from hardy.ledger.record import Origin

#: Types whose ``repr`` is what Celery's `saferepr` makes of them.
PLAIN = frozenset({int, float, bool, str, type(None)})
#: Longest text of arguments that Celery keeps in a header.
LONGEST_REPR = 1024


def send_many(task: Any, rows: Iterable[Any], options: Mapping[str, Any]) -> list[str]:
    """Send ``task`` once for each row; see `hardy.send_many`."""
    arguments = [_arguments(row) for row in rows]
    if not arguments:
        return []
    with collecting() as made:
        ids = [_sent(task, arguments[0], options)]
        pattern = _pattern_of(task, made) if len(arguments) > 1 else None
        for given in arguments[1:]:
            if pattern is None:
                ids.append(_sent(task, given, options))
            else:
                made.append((pattern.message(*given), made[0][1]))
                ids.append(made[-1][0].id)
    app = None if is_embedded(task.app) else task.app
    write = partial(enqueue_many, made, app=app)
    if made and not attempt.together_with_the_end(write):
        write()
    return ids


def _arguments(row: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    if isinstance(row, Mapping):
        return (), row
    if isinstance(row, list | tuple):
        return row, {}
    raise TypeError(
        "send_many: a row is a list or tuple of positional arguments, or a dict of keyword arguments, not"
        f" {type(row).__name__}. For one argument each, pass [(x,) for x in ...]."
    )


def _sent(task: Any, given: tuple[Sequence[Any], Mapping[str, Any]], options: Mapping[str, Any]) -> str:
    return str(task.apply_async(*given, **options).id)


def _pattern_of(task: Any, made: Sequence[tuple[JobMessage, float]]) -> Pattern | None:
    """Return the pattern of the one message made, if nothing in the project may make another differ from it."""
    if len(made) != 1 or _somebody_looks(task) or content_signing.is_on():
        return None
    payload = decode(made[0][0].text)
    if payload["content-type"] != "application/json" or "compression" in payload["headers"]:
        return None
    return Pattern.of(task, made[0][0], payload)


def _somebody_looks(task: Any) -> bool:
    app, kind = task.app, task.__class__  # behind the proxy that shared_task returns
    heard = (signals.before_task_publish, signals.after_task_publish, signals.task_sent)
    return (
        any(signal.receivers for signal in heard)
        or app.conf.task_send_sent_event
        or app.conf.task_protocol != 2
        or any(not isinstance(route, MapRoute) for route in app.amqp.router.routes)
        or kind.apply_async is not Task.apply_async
        or kind.shadow_name is not CeleryTask.shadow_name
        or getattr(task, "_dump_pydantic_arguments", None) is not None  # since Celery 5.7
        or [type(policy).__name__ for policy in policies_of("around_send")] != ["Ledger"]
    )


@dataclass(frozen=True, slots=True)
class Pattern:
    """What all messages have in common, as JSON; and what each is asked before it is made."""

    fits: Any
    first: JobMessage
    headers: str
    properties: str
    follows: Any
    longest: int
    task: Any

    @classmethod
    def of(cls, task: Any, first: JobMessage, payload: dict[str, Any]) -> Pattern:
        """Take the pattern of ``first``, whose decoded message is ``payload``."""
        own = {"id", "argsrepr", "kwargsrepr"}
        if payload["headers"].get("root_id") == first.id:
            own.add("root_id")
        fits = getattr(task, "__header__", None) if task.typing else None
        body = serialization.loads(payload["body"], payload["content-type"], payload["content-encoding"])
        headers = {name: value for name, value in payload["headers"].items() if name not in own}
        properties = {
            name: value for name, value in payload["properties"].items() if name != "correlation_id"
        }
        root = '"root_id": {job}, ' if "root_id" in own else ""
        return cls(
            fits, first, root + _inner(headers), _inner(properties), body[2], settings.MAX_MESSAGE_BYTES, task
        )

    def message(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> JobMessage:
        """Return the message with these arguments, under a new id."""
        if self.fits is not None:
            self.fits(*args, **kwargs)
        job = uuid()
        _, _, body = serialization.dumps((args, kwargs, self.follows), serializer="json")
        if len(body) > self.longest:
            raise Unsendable(f"{self.first.task}: the arguments of one row are {len(body):,} bytes long.")
        text = self._text(json.dumps(job), body, _repr(args), _repr(kwargs))
        first = self.first
        origin = self._origin(args, kwargs)
        return JobMessage(job, first.task, first.queue, first.priority, text, first.eta, origin)

    def _origin(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Origin:
        arguments, tags = read(self.task, args, kwargs)
        origin = self.first.origin
        return Origin(
            origin.root, origin.parent, origin.group_id, origin.schedule, origin.request_id, origin.user_id, arguments,
            tags[0] if tags else None, tags[1:],
        )  # fmt: skip

    def _text(self, job: str, body: str, argsrepr: str, kwargsrepr: str) -> str:
        own = f'"id": {job}, "argsrepr": {json.dumps(argsrepr)}, "kwargsrepr": {json.dumps(kwargsrepr)}'
        headers = self.headers.replace("{job}", job, 1)
        return (
            f'{{"body": {json.dumps(body)}, "content-type": "application/json", "content-encoding": "utf-8",'
            f' "headers": {{{own}, {headers}}}, "properties": {{"correlation_id": {job}, {self.properties}}}}}'
        )


def _inner(values: Mapping[str, Any]) -> str:
    return json.dumps(values)[1:-1]


def _repr(arguments: Any) -> str:
    """Return what Celery says of arguments, without its pretty printer where there is nothing to print prettily."""
    values = arguments.values() if isinstance(arguments, Mapping) else arguments
    if type(arguments) in (tuple, list, dict) and all(type(value) in PLAIN for value in values):
        text = repr(arguments)
        if len(text) < LONGEST_REPR // 4:
            return text
    return str(saferepr(arguments, LONGEST_REPR))
