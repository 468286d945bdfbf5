"""`manage.py hardy errors`: what goes wrong, each fault once, and what its jobs have in common."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.conf.durations import parse_duration
from hardy.errors import HardyError
from hardy.ledger.presenters import run_as_json
from hardy.management.arguments import count
from hardy.management.table import moment, table, zoned
from hardy.management.verb import Verb
from hardy.management.verbs.runs import Runs
from hardy.records import fault_presenters as presenters
from hardy.records.faults import Fault, FaultFilter, fault, faults, with_fault
from hardy.records.outstanding import contrast
from hardy.tracebacks import own_frames

#: Faults that a list shows, and attempts that are shown of one.
SHOWN, ATTEMPTS = 50, 10
NOTHING = "No attempt in the history ended with an error."


class NoSuchError(HardyError):
    """A fingerprint was named that no attempt in the history has."""


class Errors(Verb):
    """Show what goes wrong, each error once: `hardy errors --newer 1d`, `hardy errors show FINGERPRINT`."""

    name = "errors"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "words",
            nargs="*",
            metavar="show FINGERPRINT",
            help="one error, and what its jobs have in common; without it, all of them",
        )
        parser.add_argument("--task", default="", help="of this task; a * at the end stands for any ending")
        parser.add_argument("--newer", default="", help="seen within this time: 90s, 30m, 2h, 3d, 1w")
        parser.add_argument("--limit", type=count, help=f"at most this many ({SHOWN})")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        match options["words"]:
            case [] | ["list"]:
                _list(options, out)
            case ["show", fingerprint]:
                _show(fingerprint, options, out)
            case words:
                said = " ".join(words)
                raise NoSuchError(
                    f"hardy errors {said}: write hardy errors, or hardy errors show FINGERPRINT"
                )


def _list(options: dict[str, Any], out: TextIO) -> None:
    newer = parse_duration(options["newer"]) if options["newer"] else None
    wanted = FaultFilter(task=options["task"], newer=newer)
    found = faults(wanted, options["limit"] or SHOWN)
    if options["json"]:
        said = [presenters.fault_as_json(one) for one in found.faults]
        out.write(json.dumps({"errors": said, "more": found.more, "is_partial": found.is_partial}, indent=2))
        return
    if not found.faults:
        out.write("No error matches." if wanted else NOTHING)
    else:
        out.write(table(_headings(), [_row(one) for one in found.faults]))
        if found.more:
            out.write(f"The most frequent {len(found.faults)}; there are more, and --limit shows them.")
    if note := presenters.note_on(found):
        out.write(note)


def _headings() -> tuple[str, ...]:
    return "fingerprint", "count", zoned("first seen"), "last seen", "task", "releases", "error"


def _row(one: Fault) -> tuple[object, ...]:
    releases, error = presenters.releases_of(one), presenters.error_of(one, 80)
    return (
        one.fingerprint, str(one.count).rjust(5), moment(one.first), moment(one.last), one.latest.task, releases, error,
    )  # fmt: skip


def _show(fingerprint: str, options: dict[str, Any], out: TextIO) -> None:
    found = fault(fingerprint)
    if found is None:
        raise NoSuchError(f"No attempt in the history ended with the error {fingerprint}. See: hardy errors")
    compared = contrast(fingerprint, found.latest.task)
    runs = list(
        with_fault(fingerprint).order_by("-finished_at", "-id").defer("result", "arguments")[:ATTEMPTS]
    )
    if options["json"]:
        said = {
            **presenters.fault_as_json(found),
            **presenters.contrast_as_json(compared),
            "traceback": found.latest.traceback,
            "runs": [run_as_json(run) for run in runs],
        }
        out.write(json.dumps(said, indent=2))
        return
    facts = [
        ("task", found.latest.task),
        ("error", presenters.error_of(found, 1000)),
        ("count", str(found.count)),
    ]
    facts += [("first seen", moment(found.first)), ("last seen", moment(found.last))]
    facts += [("releases", presenters.releases_of(found))]
    out.write(table(("fingerprint", fingerprint), facts))
    out.write("\nWHAT STANDS OUT")
    sentences = [presenters.sentence_of(one) for one in compared.outstanding]
    out.write("\n".join(sentences) or presenters.verdict_on(compared))
    if found.latest.traceback:
        out.write("\nTRACEBACK OF THE LATEST, WITHOUT LIBRARIES")
        out.write(own_frames(found.latest.traceback).rstrip())
    out.write("\nLATEST ATTEMPTS")
    out.write(table(Runs().headings(), Runs().cells(runs)))
    if found.count.number > len(runs):
        out.write(f"All of them: hardy runs --fingerprint {fingerprint}")
