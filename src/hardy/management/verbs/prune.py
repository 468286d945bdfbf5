"""`manage.py hardy prune`: deletes what has expired, now, or says what would go and why."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from hardy.conf import settings
from hardy.conf.durations import in_units
from hardy.db.pruning import Pruning
from hardy.dead_letters.duties import ForgetDecisions, expired_chords, expired_decisions, expired_entries
from hardy.django_tasks.duties import PruneCalls, forgotten_calls
from hardy.management.table import table
from hardy.management.verb import Verb
from hardy.records.duties import Prune as PruneHistory
from hardy.records.expiring import Expired, expired_history

NOTHING = "Nothing has expired."


class Prune(Verb):
    """Delete what is older than the settings keep it, which workers do as well: `hardy prune --dry-run`."""

    name = "prune"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would go and why, and do nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        if options["dry_run"]:
            found = expired()
            out.write(json.dumps(_as_json(found), indent=2) if options["json"] else _readable(found))
            return
        deleted = prune()
        if options["json"]:
            out.write(json.dumps({"deleted": dict(deleted), "total": deleted.total()}, indent=2))
        else:
            said = ", ".join(_counted(count, what) for what, count in deleted.items())
            out.write(f"Deleted {said}." if said else NOTHING)


def expired() -> list[Expired]:
    """Count everything that would go."""
    return [*expired_history(), *(one for one in _decided() if one.count)]


def prune() -> Counter[str]:
    """Delete everything that has expired, a little at a time; return how many of each kind of row."""
    deleted: Counter[str] = Counter()
    duties: list[Pruning] = [PruneHistory(), ForgetDecisions(), PruneCalls()]
    for duty in duties:
        duty.has_more = True
        while duty.has_more:
            for what, count in duty.prune():
                deleted[what] += count
    return +deleted


def _decided() -> Iterator[Expired]:
    kept = settings.DEAD_RETENTION
    if kept is not None:
        yield Expired("decisions", "DEAD_RETENTION", kept, expired_decisions(kept).count())
        yield Expired("entries of the audit", "DEAD_RETENTION", kept, expired_entries(kept).count())
        yield Expired("broken chords", "DEAD_RETENTION", kept, expired_chords(kept).count())
    least = min(settings.RUN_RETENTION.values())
    yield Expired("Django task calls", "no run of theirs is left", least, forgotten_calls().count())


def _as_json(found: list[Expired]) -> dict[str, Any]:
    rows = [{**asdict(one), "kept": one.kept.total_seconds()} for one in found]
    return {"dry_run": True, "expired": rows, "total": sum(one.count for one in found)}


def _readable(found: list[Expired]) -> str:
    if not found:
        return NOTHING
    rows = [(one.count, one.what, in_units(one.kept.total_seconds()), one.why) for one in found]
    total = sum(one.count for one in found)
    listed = table(("count", "what", "kept for", "why"), rows)
    return f"{listed}\nWould delete {_counted(total, 'rows')}. Nothing was done."


def _counted(count: int, what: str) -> str:
    return f"1 {what.removesuffix('s')}" if count == 1 else f"{count:,} {what}"
