"""`manage.py hardy pause` and `resume`: whether workers take anything from a queue."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from typing import Any, TextIO

from hardy.errors import HardyError
from hardy.ledger.pausing import UnknownQueue, pause, resume
from hardy.management.verb import Verb

TAKES = "Workers stop taking from it within two seconds; what they have begun goes on. Sending goes on too."
GOES_ON = "Workers go on taking from it within two seconds."


class Pausing(Verb):
    """What both verbs do: act on each queue, go on past one that is not known, and name it at the end."""

    #: The verb's past participle, and what follows from it.
    done: str
    means: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queues", nargs="+", metavar="queue", help="the queue's name; may be several")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: dict[str, Any], out: TextIO) -> None:
        acted: list[str] = []
        already: list[str] = []
        unknown: list[UnknownQueue] = []
        for queue in dict.fromkeys(options["queues"]):
            try:
                (acted if self.act(queue, options) else already).append(queue)
            except UnknownQueue as error:
                unknown.append(error)
        if options["json"]:
            out.write(json.dumps({self.done: acted, "unchanged": already}))
        else:
            for queue in acted:
                out.write(f"{self.done.capitalize()} {queue}. {self.means}")
            for queue in already:
                out.write(self.unchanged(queue))
        if unknown:
            raise HardyError("\n".join(map(str, unknown)))

    def act(self, queue: str, options: dict[str, Any]) -> bool:
        raise NotImplementedError

    def unchanged(self, queue: str) -> str:
        raise NotImplementedError


class Pause(Pausing):
    """Have no worker take anything from a queue until it is resumed, after any restart: `hardy pause reports`."""

    name, done, means = "pause", "paused", TAKES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--note", default="", help="why, for whoever asks why its jobs wait")

    def act(self, queue: str, options: dict[str, Any]) -> bool:
        return pause(queue, by=getpass.getuser(), note=options["note"], via="command line")

    def unchanged(self, queue: str) -> str:
        return f"{queue} is paused already."


class Resume(Pausing):
    """Have workers take from a paused queue again: `hardy resume reports`."""

    name, done, means = "resume", "resumed", GOES_ON

    def act(self, queue: str, options: dict[str, Any]) -> bool:
        return resume(queue, by=getpass.getuser(), via="command line")

    def unchanged(self, queue: str) -> str:
        return f"{queue} is not paused."
