"""Deciding about letters at a terminal: what is meant, a question to whoever sits there, and what became of it."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any, TextIO

import celery
from django.db.models import QuerySet

from hardy.dead_letters import presenters
from hardy.dead_letters.decoding import from_readable
from hardy.dead_letters.discarding import discard
from hardy.dead_letters.replaying import edit_and_replay, replay
from hardy.dead_letters.signature import check_arguments
from hardy.dead_letters.triage import Refusal, Report
from hardy.errors import HardyError
from hardy.ledger.models import DeadLetter
from hardy.management.asking import ask
from hardy.management.letters import Undecided, absent, chosen, counted, letters_table, missing

#: Letters decided about without --all-matching, and letters that a dry run names.
DECIDED, NAMED = 100, 50


class PartlyDone(HardyError):
    """Some letters were skipped."""


def add_decision(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--all-matching", action="store_true", help=f"all that match, not only the first {DECIDED}"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parser.add_argument("--note", default="", help="why, for the audit; discarding needs one")


def replay_some(options: dict[str, Any], out: TextIO) -> None:
    if options["new_args"] is not None or options["new_kwargs"] is not None:
        _edit(options, out)
        return
    _decide(
        options,
        out,
        "replay",
        lambda letters, limit: replay(letters, by=_me(), note=options["note"], limit=limit),
    )


def discard_some(options: dict[str, Any], out: TextIO) -> None:
    if not options["note"].strip() and not options["dry_run"]:
        raise Undecided('Say why, for whoever asks later: --note "a test order"')
    _decide(
        options,
        out,
        "discard",
        lambda letters, limit: discard(letters, by=_me(), note=options["note"], limit=limit),
    )


def _edit(options: dict[str, Any], out: TextIO) -> None:
    found = list(chosen(options).letters()[:2])
    if len(found) != 1:
        raise Undecided("--args and --kwargs change one letter: name it with --id.")
    (letter,) = found
    before = presenters.contents_of(letter, celery.current_app)
    args = _parsed(options["new_args"], list, "--args", before.args)
    kwargs = _parsed(options["new_kwargs"], dict, "--kwargs", before.kwargs)
    check_arguments(celery.current_app, letter.task, args, kwargs)  # a dry run is told too
    _decide(
        options, out, "replay",
        lambda letters, limit: edit_and_replay(letter, args, kwargs, by=_me(), note=options["note"]),
    )  # fmt: skip


def _parsed(text: str | None, kind: type, option: str, before: Any) -> Any:
    if text is None:
        return before
    try:
        value = from_readable(text)
    except ValueError as error:
        raise Undecided(f"{option} cannot be arguments: {error}") from error
    if not isinstance(value, kind):
        raise Undecided(f"{option} must be a JSON {'list' if kind is list else 'object'}, not {text}")
    return value


def _decide(
    options: dict[str, Any], out: TextIO, verb: str, act: Callable[[QuerySet[DeadLetter], int | None], Report]
) -> None:
    wanted = chosen(options)
    if not wanted and not options["all_matching"]:
        raise Undecided(
            f"Say which letters to {verb}: --task, --error, --id …; or --all-matching for every one."
        )
    not_there = missing(options)
    limit = options["limit"] or (None if options["all_matching"] or options["id"] else DECIDED)
    found = wanted.letters()
    count = found.count()
    meant = count if limit is None else min(count, limit)
    if options["dry_run"]:
        _say_what_would_be(found, meant, verb, options, out)
        _refuse([], not_there)
        return
    if meant:
        ask(f"{verb.capitalize()} {counted(meant)}?", options, out)
    _report(act(found, limit), count - meant, not_there, verb, options, out)


def _say_what_would_be(
    found: QuerySet[DeadLetter], meant: int, verb: str, options: dict[str, Any], out: TextIO
) -> None:
    some = list(found.order_by("id")[: min(meant, NAMED)])
    if options["json"]:
        said = {
            "dry_run": True,
            "would": verb,
            "count": meant,
            "letters": [presenters.as_json(letter) for letter in some],
        }
        out.write(json.dumps(said, indent=2))
        return
    if some:
        out.write(letters_table(some))
    out.write(f"Would {verb} {counted(meant)}. Nothing was done.")


def _report(
    report: Report, left: int, not_there: list[str], verb: str, options: dict[str, Any], out: TextIO
) -> None:
    done = {"replay": "Replayed", "discard": "Discarded"}[verb]
    if options["json"]:
        out.write(json.dumps({**presenters.report_as_json(report, left), "missing": not_there}, indent=2))
    else:
        out.write(f"{done} {counted(len(report.decided))}.")
        if left:
            out.write(f"{left} more match; --all-matching takes them all.")
    _refuse(report.refused, not_there)


def _refuse(refused: Sequence[Refusal], not_there: list[str]) -> None:
    """End with what was not done, if there is anything: a script must not take it for success."""
    lines = [f"  {refusal.letter} {refusal.job}: {refusal.why}" for refusal in refused]
    said = [f"{counted(len(refused))} skipped:", *lines] if lines else []
    if not_there:
        said.append(absent(not_there))
    if said:
        raise PartlyDone("\n".join(said))


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
