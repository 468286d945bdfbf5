"""Lists at a terminal: filters, a table, one JSON document, and lines that follow what happens."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic, Protocol, TextIO, TypeVar

from django.db.models import Model

from hardy.conf.durations import parse_duration
from hardy.errors import HardyError
from hardy.management.arguments import count
from hardy.management.table import table
from hardy.management.verb import Verb

#: Rows that a list shows, and rows with which following begins.
SHOWN, BEFORE = 50, 10
#: Seconds between two looks while following.
LOOK = 1.0

Row = TypeVar("Row", bound=Model)


class NotThere(HardyError):
    """A value of a filter does not exist, or an id was named that nothing has."""


class News(Protocol[Row]):
    """What has changed since the last look."""

    def look(self) -> list[Row]: ...


class ListVerb(Verb, Generic[Row]):
    """A verb that lists rows. A subclass says which, how they look, and what is said when there are none."""

    #: What the rows are called, and what their states are.
    noun: str
    states: Collection[str]
    #: The options that say which rows are meant, with the sentence of each; every list has ``--id`` beside them.
    filters: Mapping[str, str]
    id_help: str
    nothing: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_argument_group(f"which {self.noun}")
        for name, sentence in self.filters.items():
            group.add_argument(*self.spelled(name), dest=name, default="", help=sentence)
        group.add_argument("--id", action="append", default=[], metavar="TASK-ID", help=self.id_help)
        group.add_argument("--limit", type=count, help=f"at most this many ({SHOWN})")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
        parser.add_argument(
            "--follow",
            action="store_true",
            help="go on and print what happens, until Ctrl-C; with --json one object a line",
        )

    def spelled(self, name: str) -> Sequence[str]:
        return (f"--{name}",)

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        if options["state"] and options["state"] not in self.states:
            known = ", ".join(self.states)
            raise NotThere(f"{options['state']!r} is no state of {self.noun}. There are: {known}.")
        ages = {name: parse_duration(options[name]) if options[name] else None for name in ("older", "newer")}
        options = {**options, **ages}
        if options["follow"]:
            follow(self, self.news(options), options, out)
        else:
            self._list(options, out)

    def _list(self, options: dict[str, Any], out: TextIO) -> None:
        limit = options["limit"] or SHOWN
        found = self.found(options, limit + 1)
        shown, more = found[:limit], len(found) > limit
        if options["json"]:
            out.write(json.dumps({self.noun: self.as_json(shown, options), "more": more}, indent=2))
        elif shown:
            out.write(self.as_text(shown, options))
            if more:
                out.write(f"The newest {len(shown)}; there are more, and --limit shows them.")
        elif not options["id"]:
            filtered = any(options[name] for name in self.filters)
            out.write(f"No {self.noun.removesuffix('s')} matches." if filtered else self.nothing)
        if absent := [id for id in options["id"] if not self.exists(id)]:
            raise NotThere("\n".join(self.absent(id) for id in absent))

    def as_text(self, rows: Sequence[Row], options: dict[str, Any]) -> str:
        return table(self.headings(), self.cells(rows))

    # what a subclass says

    def found(self, options: dict[str, Any], limit: int) -> list[Row]:
        raise NotImplementedError

    def news(self, options: dict[str, Any]) -> News[Row]:
        raise NotImplementedError

    def headings(self) -> Sequence[str]:
        raise NotImplementedError

    def cells(self, rows: Sequence[Row]) -> list[Sequence[object]]:
        raise NotImplementedError

    def lines(self, rows: Sequence[Row]) -> list[str]:
        raise NotImplementedError

    def as_json(self, rows: Sequence[Row], options: dict[str, Any]) -> list[dict[str, Any]]:
        raise NotImplementedError

    def exists(self, id: str) -> bool:
        raise NotImplementedError

    def absent(self, id: str) -> str:
        raise NotImplementedError


def follow(verb: ListVerb[Any], news: News[Any], options: dict[str, Any], out: TextIO) -> None:
    """Print what is new, a line for each, until Ctrl-C, or until nobody reads any more."""
    try:
        while True:
            rows = news.look()
            for line in _lines(verb, rows, options):
                out.write(line)
            out.flush()
            time.sleep(LOOK)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:  # `| head` has seen enough
        read_by_nobody()


def read_by_nobody() -> None:
    """Let what is still written go nowhere: Python flushes once more at its end, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lines(verb: ListVerb[Any], rows: list[Any], options: dict[str, Any]) -> list[str]:
    if options["json"]:
        return [json.dumps(said) for said in verb.as_json(rows, options)]
    return verb.lines(rows)
