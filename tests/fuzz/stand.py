"""One worker that is never restarted, what it is given, and what became of each piece."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

from tests.acceptance.depot import Depot
from tests.acceptance.processes import Process
from tests.fuzz.outsider import outsider
from tests.waiting import until

#: Good jobs after each batch.
GOOD = 5
#: Seconds after which something is blocked for good, however loaded the machine is; and the longest that a good job may
#: have been put off, by the ledger's own account: a queue that is made to wait waits a minute.
DEADLINE = int(os.environ.get("HARDY_FUZZ_DEADLINE", "120"))
LONGEST_WAIT = 20

#: An error of a sender that is about the message says so in these words; anything else would be taken for an outage.
NO_ANSWER = (
    "DataError",
    "DatabaseError",
    "InternalError",
    "OperationalError",
    "InterfaceError",
    "error",
    "RecursionError",
)


@dataclass
class Counts:
    """What was tried, and what became of it."""

    tried: int = 0
    refused: int = 0
    kept: int = 0

    def copy(self) -> Counts:
        return replace(self)

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tried + other.tried, self.refused + other.refused, self.kept + other.kept)

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.tried - other.tried, self.refused - other.refused, self.kept - other.kept)


class Stand:
    """A project with one worker."""

    def __init__(self, depot: Depot, worker: Process) -> None:
        self.depot = depot
        self.worker = worker
        self.counts = Counts()

    def send(self, inputs: list[tuple[str, str]], *, together: bool) -> None:
        """Send each; no refusal is the database's, and what was taken is in the ledger."""
        answers = self._run("send_all(inputs, together=together)", inputs=inputs, together=together)
        unclear = [
            (given, answer)
            for given, answer in zip(inputs, answers, strict=True)
            if answer["refused"] in NO_ANSWER
        ]
        assert not unclear, f"refused, and not for what is wrong with it: {unclear}"
        self._settle(inputs, answers)

    def insert(self, inputs: list[dict[str, Any]]) -> None:
        """Break a row with each."""
        self._settle(inputs, self._run("insert_all(inputs)", inputs=inputs))

    def deliver(self, inputs: list[dict[str, Any]]) -> None:
        """Put a message with each into the broker, as somebody else might; every one leaves a trace of its own."""
        before = self._all()
        with outsider(self.depot) as put:
            ids = [put(given) for given in inputs]
        self.counts.tried += len(inputs)
        self.counts.kept += len(inputs)
        self._good_ones_run(inputs)
        until(
            lambda: self._all() - before >= len(inputs) + GOOD, seconds=DEADLINE,
            otherwise=lambda: f"{len(inputs) + GOOD - self._all() + before} left no trace:"
            f" {shortly(self._missing(inputs, ids))}",
        )  # fmt: skip
        self._nothing_hangs(inputs)

    # what must hold after each batch

    def _settle(self, inputs: list[Any], answers: list[dict[str, Any]]) -> None:
        self.counts.tried += len(inputs)
        self.counts.refused += sum(answer["refused"] is not None for answer in answers)
        jobs = [job for answer in answers for job in answer["jobs"]]
        self.counts.kept += len(jobs)
        self._good_ones_run(inputs)
        self._nothing_hangs(inputs)
        lost = set(jobs) - set(self._run("known(jobs)", jobs=jobs))
        guilty = [
            (given, answer)
            for given, answer in zip(inputs, answers, strict=True)
            if lost.intersection(answer["jobs"])
        ]
        assert not lost, f"lost without a letter: {guilty}"

    def _good_ones_run(self, inputs: list[Any]) -> None:
        good = self.depot.run("[tasks.record.delay('good').id for _ in range(count)]", count=GOOD)

        def have_run() -> bool:
            assert not self.worker.has_ended, f"the worker was killed by one of {shortly(inputs)}"
            return int(self._run("succeeded(jobs)", jobs=good)) == GOOD

        until(
            have_run, seconds=DEADLINE,
            otherwise=lambda: f"good jobs were blocked by one of {shortly(inputs)}\n{self.worker.log[-3000:]}",
        )  # fmt: skip
        waited = self._run("longest_put_off(jobs)", jobs=good)
        assert waited < LONGEST_WAIT, f"good jobs were put off for {waited} s by one of {shortly(inputs)}"
        assert self.worker.log.count(" ready.") == 1

    def _nothing_hangs(self, inputs: list[Any]) -> None:
        queue = self.depot.queue
        until(
            lambda: not self._run("hanging(queue)", queue=queue), seconds=DEADLINE,
            otherwise=lambda: f"neither run nor set aside: {shortly(self._run('hanging(queue)', queue=queue))}"
            f" of {shortly(inputs)}",
        )  # fmt: skip
        if self.depot.broker is not None:
            until(
                lambda: self.depot.broker.waiting(queue) == 0, seconds=DEADLINE,
                otherwise="messages are left in the broker",
            )  # fmt: skip

    def _all(self) -> int:
        return int(self._run("everything()"))

    def _missing(self, inputs: list[Any], ids: list[str]) -> list[Any]:
        known = set(self._run("known(jobs)", jobs=ids))
        return [given for given, job in zip(inputs, ids, strict=True) if job not in known]

    def _run(self, source: str, **names: Any) -> Any:
        return self.depot.run(
            f"from tests.fuzz.sending import *\nfrom tests.fuzz.looking import *\n{source}", **names
        )


def shortly(inputs: list[Any]) -> str:
    """Return inputs as text, each so short that all of them can be read."""
    return "; ".join(f"{one!r:.160}" for one in inputs)[:30_000]
