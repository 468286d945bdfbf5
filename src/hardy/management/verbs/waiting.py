"""`manage.py hardy cancel` and `reschedule`: what waits can be called off, or moved."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from collections.abc import Collection, Sequence
from typing import Any, TextIO

from hardy.errors import HardyError
from hardy.ledger.acting import cancel_jobs, reschedule_jobs
from hardy.ledger.audit import AuditEntry, entry
from hardy.ledger.cancellation import NOT_BEGUN, WAITING
from hardy.ledger.jobs import JobFilter
from hardy.management.arguments import seconds
from hardy.management.asking import ask
from hardy.management.job_filters import JOB_FILTERS
from hardy.management.table import table
from hardy.management.verb import Verb
from hardy.management.verbs.jobs import Jobs
from hardy.management.waiting_jobs import Meant, add_choice, is_filtered, meant
from hardy.management.whereabouts import whereabouts

NOT_WAITING = "{id}: no job with this id waits. {where}."

#: Jobs that a dry run shows.
NAMED = 50


class NotWaiting(HardyError):
    """A job was meant that does not wait, or not any more."""


class OfWaitingJobs(Verb):
    """What both verbs do: choose jobs, ask, act on each, and name what did not wait."""

    states: Collection[str]
    #: The verb's past participle.
    done: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_choice(parser, self.states)

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        chosen = meant(options, self.states, verb=self.name, done=self.done)
        if options["dry_run"]:
            self._say_what_would_be(chosen, options, out)
            return
        if chosen.ids and (is_filtered(options) or options["all_matching"]):
            ask(f"{self.name.capitalize()} {counted(len(chosen.ids))}{self.how(options)}?", options, out)
        acted = self.act(chosen.ids, options)
        done = set(acted)
        missed = [job for job in chosen.ids if job not in done]
        self._tell(acted, missed, chosen.left, options, out)
        if missed:
            raise NotWaiting("\n".join(map(not_waiting, missed)))

    def _tell(
        self, acted: list[str], missed: list[str], left: int, options: dict[str, Any], out: TextIO
    ) -> None:
        if options["json"]:
            said = {self.done: acted, "not_waiting": missed, "left": left, **self.as_json(options)}
            out.write(json.dumps(said))
            return
        if not acted and not missed:
            out.write("No job that waits matches.")
            return
        some = f"{len(acted)} of {counted(len(acted) + len(missed))}" if missed else counted(len(acted))
        out.write(f"{self.done.capitalize()} {some}{self.how(options)}.")
        if left:
            out.write(f"{left} more match; --all-matching takes them all.")

    def _say_what_would_be(self, chosen: Meant, options: dict[str, Any], out: TextIO) -> None:
        shown = list(JobFilter(ids=chosen.ids[:NAMED]).jobs()) if chosen.ids else []
        if options["json"]:
            jobs = Jobs().as_json(shown, options)
            said = {"dry_run": True, "would": self.name, "count": len(chosen.ids), "jobs": jobs}
            out.write(json.dumps({**said, **self.as_json(options)}, indent=2))
            return
        if shown:
            out.write(table(Jobs().headings(), Jobs().cells(shown)))
        out.write(f"Would {self.name} {counted(len(chosen.ids))}{self.how(options)}. Nothing was done.")

    # what each verb says

    def act(self, jobs: Sequence[str], options: dict[str, Any]) -> list[str]:
        raise NotImplementedError

    def entry(self, options: dict[str, Any]) -> AuditEntry:
        """What the audit says of it."""
        by = [f"{name} {options[name]}" for name in JOB_FILTERS if options[name]]
        detail = ", ".join(by) + self.how(options)
        return entry(self.done, by=getpass.getuser(), via="command line", detail=detail.strip())

    def how(self, options: dict[str, Any]) -> str:
        return ""

    def as_json(self, options: dict[str, Any]) -> dict[str, Any]:
        return {}


class Cancel(OfWaitingJobs):
    """Cancel jobs that wait: `hardy cancel ID`, `hardy cancel --task "mail.*" --older 1d`; it survives any restart."""

    name, done, states = "cancel", "cancelled", NOT_BEGUN

    def act(self, jobs: Sequence[str], options: dict[str, Any]) -> list[str]:
        return cancel_jobs(jobs, self.entry(options), why="The task was cancelled by hand.")


class Reschedule(OfWaitingJobs):
    """Move jobs that wait to another time: `hardy reschedule ID --in 2h`, `hardy reschedule --state held --in 0s`."""

    name, done, states = "reschedule", "rescheduled", WAITING

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        when = "how long from now, such as 90s, 30m, 2h or 1d; 0s lets them start at once"
        parser.add_argument("--in", dest="delay", required=True, metavar="TIME", type=seconds, help=when)

    def act(self, jobs: Sequence[str], options: dict[str, Any]) -> list[str]:
        return reschedule_jobs(jobs, self.entry(options), delay=options["delay"])

    def how(self, options: dict[str, Any]) -> str:
        return f" to {options['delay']:g} seconds from now" if options["delay"] else " to start at once"

    def as_json(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"seconds": options["delay"]}


def counted(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def not_waiting(id: str) -> str:
    """Return the sentence that says what became of a job that does not wait."""
    return NOT_WAITING.format(id=id, where=whereabouts(id).rstrip("."))
