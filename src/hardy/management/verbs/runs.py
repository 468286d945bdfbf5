"""`manage.py hardy runs`: the attempts that have ended, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hardy.ledger.models import Run
from hardy.ledger.presenters import facts, first_line, run_as_json, took
from hardy.ledger.tags import all_tags
from hardy.management.listing import BEFORE, ListVerb
from hardy.management.table import moment, table, zoned
from hardy.management.whereabouts import whereabouts
from hardy.records.queries import RunFilter, RunNews


class Runs(ListVerb[Run]):
    """List the attempts that have ended: `hardy runs --outcome failed --newer 1d`, `hardy runs --id ID --full`."""

    name = noun = "runs"
    states = Run.Outcome.values
    filters = {
        "state": f"that ended so: {', '.join(Run.Outcome.values)}",
        "task": "of this task; a * at the end stands for any ending",
        "queue": "of this queue",
        "error": "that raised an error with this in its type or its text",
        "fingerprint": "that ended with this error, as `hardy errors` names it",
        "tag": "about this row, such as order:42",
        "older": "that ended longer ago than this: 90s, 30m, 2h, 3d, 1w",
        "newer": "that ended within this time",
    }
    id_help = "of the job with this id; may be repeated"
    nothing = "No attempt has ended yet. What waits and runs: hardy jobs"

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--full", action="store_true", help="with arguments, tags, result and traceback of each"
        )

    def spelled(self, name: str) -> Sequence[str]:
        return ("--outcome", "--state") if name == "state" else super().spelled(name)

    def found(self, options: dict[str, Any], limit: int) -> list[Run]:
        return list(_wanted(options).runs()[:limit])

    def news(self, options: dict[str, Any]) -> RunNews:
        return RunNews(_wanted(options), options["limit"] or BEFORE)

    def headings(self) -> Sequence[str]:
        return "job", "task", "outcome", "attempt", "queue", zoned("finished"), "took", "worker", "error"

    def cells(self, rows: Sequence[Run]) -> list[Sequence[object]]:
        return [_cells(run) for run in rows]

    def lines(self, rows: Sequence[Run]) -> list[str]:
        return [_line(run) for run in rows]

    def as_json(self, rows: Sequence[Run], options: dict[str, Any]) -> list[dict[str, Any]]:
        return [run_as_json(run, full=options["full"]) for run in rows]

    def as_text(self, rows: Sequence[Run], options: dict[str, Any]) -> str:
        return "\n\n".join(map(_in_full, rows)) if options["full"] else super().as_text(rows, options)

    def exists(self, id: str) -> bool:
        return Run.objects.filter(job=id).exists()

    def absent(self, id: str) -> str:
        return f"No attempt of {id} has ended. {whereabouts(id)}"


def _wanted(options: dict[str, Any]) -> RunFilter:
    words = {name: options[name] for name in Runs.filters if name != "state"}
    return RunFilter(**words, outcome=options["state"], ids=options["id"])


def _cells(run: Run) -> Sequence[object]:
    at = moment(run.finished_at)
    return (
        run.job, run.task, run.outcome, run.attempt, run.queue, at, _took(run), run.worker or "–",
        first_line(run, 60),
    )  # fmt: skip


def _line(run: Run) -> str:
    said = [moment(run.finished_at), run.outcome.ljust(9), run.job, run.task]
    said += [f"attempt {run.attempt}", f"in {_took(run)}"]
    return "  ".join([*said, first_line(run)] if run.error_type or run.error else said)


def _took(run: Run) -> str:
    seconds = took(run)
    return "–" if seconds is None else f"{seconds:.3f} s"


def _in_full(run: Run) -> str:
    """Return one run as a block: what a list says of it, one below the other, then its result or traceback."""
    rows = list(zip(Runs().headings(), map(str, _cells(run)[:-1]), strict=False))
    rows += [*facts(run).items(), *([("arguments", run.arguments)] if run.arguments else [])]
    rows += [("tags", ", ".join(tags))] if (tags := all_tags(run, run.job)) else []
    head = table(("run", str(run.pk)), rows)
    body = run.traceback or (first_line(run, 10_000) if run.error_type or run.error else run.result)
    return "\n".join([head, *(f"    {line}" for line in body.splitlines())])
