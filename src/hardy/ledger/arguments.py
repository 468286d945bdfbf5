"""A call's arguments by the names of their parameters: what may be kept of them, and which rows they are about."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from celery.utils.saferepr import saferepr

from hardy.conf import settings
from hardy.redaction import REDACTED, annotated_as_secret, named_like_a_secret

#: Longest record of a call's arguments, and of one text in it, in characters.
LONGEST, LONGEST_VALUE = 1500, 200
#: How much is kept of a value made of values: so many of them, so deep.
ITEMS, DEPTH = 20, 3

PLAIN = frozenset({int, float, bool, type(None)})

#: What a model-like parameter's name ends with.
KEYS = ("_id", "_pk")
#: Names that end so and mean no row.
NO_MODELS = frozenset({"task", "request", "trace", "span", "correlation", "message"})
#: Longest value of a tag, and most tags of one call.
LONGEST_KEY, TAGS = 64, 8


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a task's signature says: the names of its positional parameters, and which values are secret."""

    names: tuple[str, ...] = ()
    rest: str = ""
    secret: frozenset[str] = frozenset()
    #: False: nobody here knows the task, so nobody can tell what a positional argument is.
    known: bool = False

    @classmethod
    def of(cls, task: Any) -> Parameters:
        """Return the parameters of a task, or what is known without it."""
        return UNKNOWN if task is None else _parameters(task.__class__)


UNKNOWN = Parameters()


@lru_cache(maxsize=4096)
def _parameters(kind: Any) -> Parameters:
    # By the class: what `shared_task` returns is a proxy, and each app's task has a class of its own.
    body = inspect.unwrap(kind.run)
    try:
        parameters = list(inspect.signature(body).parameters.values())
    except (TypeError, ValueError):  # a body whose signature Python itself cannot tell
        return UNKNOWN
    if _takes_itself(kind, body):
        parameters = parameters[1:]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rest = [one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
    names = tuple(one.name for one in parameters if one.kind in positional)
    return Parameters(names, rest[0] if rest else "", annotated_as_secret(body), known=True)


def _takes_itself(kind: Any, body: Any) -> bool:
    """Whether the first parameter is the task: in a bound task, and in a class that was written as one."""
    run = inspect.getattr_static(kind, "run")
    return not isinstance(run, staticmethod)


def shown(parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return the arguments as a JSON object, by the names of their parameters, redacted and shortened."""
    words = tuple(settings.REDACT)
    try:
        kept = {
            name: _kept(parameters, name, value, words) for name, value in _named(parameters, args, kwargs)
        }
        text = json.dumps(kept)
        return text if len(text) <= LONGEST else _shortened(kept)
    except (
        Exception
    ):  # arguments are whatever the project's serializer takes; a record is no reason to refuse them
        return ""


def tags_in(parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the rows that a call names: ``order_id=42`` is ``order:42``."""
    found: dict[str, None] = {}
    for name, value in _named(parameters, args, kwargs):
        if type(name) is str and name.endswith(KEYS) and name not in parameters.secret:
            tag = tag_of(label_of(name), value)
            if tag and len(found) < TAGS:
                found[tag] = None
    return tuple(found)


def tag_of(label: str, key: Any) -> str:
    """Return the tag of the row ``key`` of what ``label`` names; "" for what is no primary key."""
    if type(key) is int or isinstance(key, UUID):
        text = str(key) if not isinstance(key, int) or abs(key) < 10**LONGEST_KEY else ""
    else:
        text = key if isinstance(key, str) else ""
    if not label or not text or len(text) > LONGEST_KEY or not text.isprintable() or " " in text:
        return ""
    return f"{label}:{text}"


@lru_cache(maxsize=4096)
def label_of(name: str) -> str:
    """Return what a parameter's name calls the row it names: ``order`` for ``order_id``; "" if it means none."""
    label = name[:-3].casefold()
    return "" if label in NO_MODELS or not label.isidentifier() or len(label) > LONGEST_KEY else label


def _named(
    parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    names = parameters.names
    for position, value in enumerate(args or ()):
        yield (
            names[position] if position < len(names) else f"{parameters.rest}[{position - len(names)}]",
            value,
        )
    if kwargs:
        yield from kwargs.items()


def _kept(parameters: Parameters, name: str, value: Any, words: Sequence[str]) -> Any:
    is_named = parameters.known or not name.startswith("[")
    if not is_named or name.partition("[")[0] in parameters.secret or named_like_a_secret(str(name), words):
        return REDACTED
    return value if type(value) in PLAIN else _brief(value, words, DEPTH)


def _brief(value: Any, words: Sequence[str], depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
    if type(value) in PLAIN:
        return value
    if depth and isinstance(value, Mapping):
        items = islice(value.items(), ITEMS)
        brief = {
            str(key): REDACTED if named_like_a_secret(str(key), words) else _brief(one, words, depth - 1)
            for key, one in items
        }
        return {**brief, "…": f"{len(value) - ITEMS} more"} if len(value) > ITEMS else brief
    if depth and isinstance(value, list | tuple | set | frozenset):
        some = [_brief(one, words, depth - 1) for one in islice(value, ITEMS)]
        return [*some, f"… {len(value) - ITEMS} more"] if len(value) > ITEMS else some
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return "…"
    return saferepr(value, LONGEST_VALUE)


def _shortened(kept: Mapping[str, Any]) -> str:
    """Return as many of the arguments as there is room for; of the others it says how many they are."""
    room = LONGEST - 100
    some: dict[str, Any] = {}
    for name, value in kept.items():
        text = json.dumps(value)
        if len(text) > LONGEST_VALUE:
            value, text = f"{text[:LONGEST_VALUE]}…", text[:LONGEST_VALUE]
        room -= len(text) + len(name) + 20
        if room < 0:
            return json.dumps({**some, "…": f"{len(kept) - len(some)} more"})
        some[name] = value
    return json.dumps(some)
