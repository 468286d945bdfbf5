"""`manage.py hardy dead`: dead letters, for a person at a terminal and for scripts."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.dead_letters import presenters
from hardy.dead_letters.queries import Filter
from hardy.management.deciding import add_decision, discard_some, replay_some
from hardy.management.letters import Undecided, absent, add_filters, chosen, letters_table, missing
from hardy.management.verb import Verb

#: Letters that a list shows.
SHOWN = 50


class Dead(Verb):
    """List, show, replay or discard dead letters: `hardy dead list`, `hardy dead replay --task orders.place`."""

    name = "dead"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="act", title="acts")
        listing = acts.add_parser("list", help="show the letters that match, newest first")
        show = acts.add_parser("show", help="show one letter with its arguments and every attempt")
        replaying = acts.add_parser("replay", help="send letters again, oldest first")
        discarding = acts.add_parser("discard", help="discard letters for good; the audit keeps them")
        show.add_argument("letter", help="the letter's number, or the id of its job")
        for act in (listing, replaying, discarding):
            add_filters(act)
        for act in (replaying, discarding):
            add_decision(act)
        for act in (listing, show, replaying, discarding):
            act.add_argument("--json", action="store_true", help="print JSON instead of text")
        replaying.add_argument(
            "--args",
            dest="new_args",
            metavar="JSON",
            help="replay one letter with these positional arguments",
        )
        replaying.add_argument(
            "--kwargs",
            dest="new_kwargs",
            metavar="JSON",
            help="replay one letter with these keyword arguments",
        )

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        acts = {"list": _list, "show": _show, "replay": replay_some, "discard": discard_some}
        acts[options["act"]](options, out)


def _list(options: dict[str, Any], out: TextIO) -> None:
    wanted = chosen(options)
    found = wanted.letters()
    shown = list(found.order_by("-id")[: options["limit"] or SHOWN])
    if options["json"]:
        out.write(json.dumps([presenters.as_json(letter) for letter in shown], indent=2))
    elif shown:
        out.write(letters_table(shown))
        count = found.count()
        if count > len(shown):
            out.write(f"{len(shown)} of {count}, newest first; --limit shows more.")
    elif not options["id"]:
        out.write("No dead letter matches." if wanted else "No dead letters.")
    if not_there := missing(options):
        raise Undecided(absent(not_there))


def _show(options: dict[str, Any], out: TextIO) -> None:
    letter = Filter(ids=[options["letter"]]).letters().order_by("-id").first()
    if letter is None:
        raise Undecided(absent([options["letter"]]))
    if options["json"]:
        out.write(json.dumps(presenters.in_full(letter), indent=2))
    else:
        out.write(presenters.as_text(letter))
