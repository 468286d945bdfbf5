"""A call's arguments by the names of their parameters: what may be kept of them, and which rows they are about."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from celery.utils.saferepr import saferepr

from hardy.conf import Settings, settings
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
#: Names that are remembered for each task: of one that takes any keyword there is no end.
REMEMBERED = 500


def read(task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return a call's arguments as they may be kept, a JSON object by the names of parameters; and its tags.

    ``task`` is None where nobody knows the task. As far as ``HARDY["RECORD"]`` leaves them out, they are empty.
    """
    if not (args or kwargs):
        return "", ()
    reading = settings.derived(Reading)
    if not (reading.arguments or reading.tags):
        return "", ()
    try:
        return reading.reader(task).read(args or (), kwargs or {})
    except Exception:  # arguments are whatever a serializer takes; a record is no reason to refuse them
        return "", ()


class Reading:
    """How the project's settings want arguments to be read; made anew when they have changed."""

    def __init__(self, settings: Settings) -> None:
        self.arguments, self.tags = "arguments" in settings.RECORD, "tags" in settings.RECORD
        self.words = tuple(settings.REDACT)
        self._readers: dict[Any, Reader] = {}

    def reader(self, task: Any) -> Reader:
        # By the class: what `shared_task` returns is a proxy, and each app's task has a class of its own.
        kind = None if task is None else task.__class__
        found = self._readers.get(kind)
        if found is None:
            found = self._readers[kind] = Reader(self, kind)
        return found


class Meaning(NamedTuple):
    """What a parameter's name says of its value."""

    is_secret: bool
    #: What it calls the row it names: ``order`` for ``order_id``; "" if it means none.
    label: str


class Reader:
    """Reads the arguments of one task."""

    def __init__(self, reading: Reading, kind: Any) -> None:
        self._reading = reading
        self._names, self._rest, self._secret = _parameters(kind)
        self._is_known = kind is not None
        self._meanings: dict[str, Meaning] = {}

    def read(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        kept: dict[str, Any] = {}
        tags: list[str] = []
        for name, value in self._named(args, kwargs):
            is_secret, label = self._meanings.get(name) or self._meaning(name)
            kept[name] = (
                REDACTED if is_secret else value if type(value) in PLAIN else self._brief(value, DEPTH)
            )
            if label and (tag := tag_of(label, value)) and tag not in tags:
                tags.append(tag)
        text = self._written(kept) if self._reading.arguments else ""
        return text, tuple(tags[:TAGS]) if self._reading.tags else ()

    def _named(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        yield from zip(self._names, args, strict=False)
        for position, value in enumerate(args[len(self._names) :]):
            yield f"{self._rest}[{position}]", value
        yield from kwargs.items()

    def _meaning(self, name: str) -> Meaning:
        parameter = name.partition("[")[0]
        # Nobody can tell what a positional argument is of a task that nobody here knows.
        is_secret = (
            (not parameter and not self._is_known)
            or parameter in self._secret
            or named_like_a_secret(name, self._reading.words)
        )
        meaning = Meaning(is_secret, "" if is_secret else label_of(name))
        if len(self._meanings) < REMEMBERED:
            self._meanings[name] = meaning
        return meaning

    def _written(self, kept: Mapping[str, Any]) -> str:
        try:
            text = json.dumps(kept)
        except Exception:  # a number of 5,000 digits, a key that is none
            text = json.dumps({name: saferepr(value, LONGEST_VALUE) for name, value in kept.items()})
        return text if len(text) <= LONGEST else _shortened(kept)

    def _brief(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
        if type(value) in PLAIN:
            return value
        if depth and isinstance(value, Mapping):
            brief = {str(key): self._brief_item(key, one, depth) for key, one in islice(value.items(), ITEMS)}
            return {**brief, "…": f"{len(value) - ITEMS} more"} if len(value) > ITEMS else brief
        if depth and isinstance(value, list | tuple | set | frozenset):
            some = [self._brief(one, depth - 1) for one in islice(value, ITEMS)]
            return [*some, f"… {len(value) - ITEMS} more"] if len(value) > ITEMS else some
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return "…"
        return saferepr(value, LONGEST_VALUE)

    def _brief_item(self, key: Any, value: Any, depth: int) -> Any:
        is_secret = named_like_a_secret(str(key), self._reading.words)
        return REDACTED if is_secret else self._brief(value, depth - 1)


def _parameters(kind: Any) -> tuple[tuple[str, ...], str, frozenset[str]]:
    """Return the names of a task's positional parameters, that of its ``*args``, and those whose values are secret."""
    if kind is None:
        return (), "", frozenset()
    body = inspect.unwrap(kind.run)
    try:
        parameters = list(inspect.signature(body).parameters.values())
    except (TypeError, ValueError):  # a body whose signature Python itself cannot tell
        return (), "", frozenset()
    if not isinstance(
        inspect.getattr_static(kind, "run"), staticmethod
    ):  # the task itself, where it is bound
        parameters = parameters[1:]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rest = [one.name for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
    names = tuple(one.name for one in parameters if one.kind in positional)
    return names, rest[0] if rest else "", annotated_as_secret(body)


def tag_of(label: str, key: Any) -> str:
    """Return the tag of the row ``key`` of what ``label`` names; "" for what is no primary key."""
    if type(key) is int:
        return f"{label}:{key}" if abs(key) < 10**LONGEST_KEY else ""
    if isinstance(key, UUID):
        return f"{label}:{key}"
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or not key.isprintable() or " " in key:
        return ""
    return f"{label}:{key}"


def label_of(name: str) -> str:
    """Return what a parameter's name calls the row it names: ``order`` for ``order_id``; "" if it means none."""
    label = name[:-3].casefold() if name.endswith(KEYS) else ""
    return "" if label in NO_MODELS or not label.isidentifier() or len(label) > LONGEST_KEY else label


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
