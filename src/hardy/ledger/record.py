"""What a run keeps beside its job, its times and its outcome: the one place that says which columns these are.

:class:`Origin` is known when a job is sent: its row has it, and a run takes it over by the statement that ends the
attempt, whoever ends it. :class:`Usage` is what the attempt took, as far as it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hardy.cause import CAUSE_HEADER, SCHEDULE_HEADER
from hardy.conf import Settings
from hardy.ledger.arguments import read

#: Columns of a job's row and of a run's.
ORIGIN = ("root", "parent", "group_id", "schedule", "request_id", "user_id", "arguments", "tag")
#: Columns of a run's row alone.
USAGE = ("release_name", "cpu_seconds", "memory_growth", "queries", "query_seconds")

#: Longest text of a name or an id.
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job came from and what it is about. ``root`` is "" for a job that nothing else caused."""

    root: str = ""
    parent: str = ""
    group_id: str = ""
    schedule: str = ""
    request_id: str = ""
    user_id: str = ""
    #: A JSON object, without what must not be kept.
    arguments: str = ""
    tag: str | None = None
    #: Rows of :class:`~hardy.ledger.models.Tag`: what a job is about besides its first tag.
    more_tags: tuple[str, ...] = ()

    def values(self) -> tuple[str | None, ...]:
        """Return what the columns of :data:`ORIGIN` get."""
        return (
            self.root, self.parent, self.group_id, self.schedule, self.request_id, self.user_id, self.arguments,
            self.tag,
        )  # fmt: skip

    def fields(self) -> dict[str, Any]:
        """Return the same by name."""
        return dict(zip(ORIGIN, self.values(), strict=True))

    def filled(self) -> tuple[tuple[str, ...], list[str]]:
        """Return the columns that are not empty, and what they get; the database fills in the others."""
        values = self.values()
        names = tuple(name for name, value in zip(ORIGIN, values, strict=True) if value)
        return names, [value for value in values if value]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt took; None is what was not measured. ``release`` is the code that ran."""

    release: str = ""
    #: Of the thread that ran it.
    cpu_seconds: float | None = None
    #: Bytes by which it raised its process's highest use of memory.
    memory_growth: int | None = None
    #: Of the body's own thread, on every database; and what they took together.
    queries: int | None = None
    query_seconds: float | None = None

    def values(self) -> tuple[Any, ...]:
        """Return what the columns of :data:`USAGE` get."""
        return self.release, self.cpu_seconds, self.memory_growth, self.queries, self.query_seconds

    def fields(self) -> dict[str, Any]:
        """Return the same by the names of the model's fields."""
        return {"release": self.release, **dict(zip(USAGE[1:], self.values()[1:], strict=True))}


NOWHERE, NOTHING_MEASURED = Origin(), Usage()


def origin_of(headers: Mapping[str, Any], args: Any, kwargs: Any, task: Any = None) -> Origin:
    """Return where the message with these headers and arguments comes from; ``task`` is its task, if it is known here.

    Whatever a stranger has put into them, it is no more than a shorter record.
    """
    text = partial(_text, headers)
    root, cause = text("root_id"), headers.get(CAUSE_HEADER)
    request = user = ""
    if cause and isinstance(cause, Mapping):
        request, user = _text(cause, "request"), _text(cause, "user")
    arguments, tags = read(task, args, kwargs)
    return Origin(
        "" if root == headers.get("id") else root, text("parent_id"), text("group"), text(SCHEDULE_HEADER),
        request, user, arguments, tags[0] if tags else None, tags[1:],
    )  # fmt: skip


def what_is_recorded(settings: Settings) -> frozenset[str]:
    """Return ``HARDY["RECORD"]`` as a set: for ``settings.derived``."""
    return frozenset(settings.RECORD)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not value:
        return ""
    text = value if type(value) is str else str(value)
    if len(text) > LONGEST or not text.isprintable():
        text = "".join(filter(str.isprintable, text))[:LONGEST]
    return text
