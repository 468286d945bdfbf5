"""Measuring the attempts of one worker: what `hardy.events` says in it and in its children, counted in one place."""

from __future__ import annotations

import time
from typing import Any

from celery import signals

from hardy import events
from hardy.ledger import claim
from hardy.ledger.models import Run
from hardy.telemetry.reports import LAST_WORDS, Report, Reports
from hardy.telemetry.tally import OTHER, Tally

#: Every outcome that an attempt can have, and that of one which was refused its record.
OUTCOMES = frozenset({*(str(outcome) for outcome in Run.Outcome.values), "fenced_off"})
#: Attempts that may run in one process at a time: threads and greenlets.
AT_ONCE = 10_000


class Meter:
    """Hears the events of this process and of its children. Make it before the pool forks."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._reports = Reports(self._receive)
        #: When each attempt of this process began.
        self._began: dict[str, float] = {}

    def connect(self) -> None:
        """Begin to measure."""
        claim.measure_waits()
        for name in ("started", "finished", "rescheduled", "rescued"):
            self._listen(getattr(events, f"job_{name}"), getattr(self, f"_{name}"))
        self._listen(events.attempt_fenced_off, self._fenced_off)
        self._listen(events.connection_retried, self._retried)
        signals.worker_process_shutdown.connect(self._flush, weak=False, dispatch_uid="hardy.meter.flush")

    def disconnect(self) -> None:
        claim.measure_waits(False)
        for event in events.EVENTS.values():
            event.disconnect(dispatch_uid="hardy.meter")
        signals.worker_process_shutdown.disconnect(dispatch_uid="hardy.meter.flush")
        self._reports.close()

    @staticmethod
    def _listen(event: Any, hear: Any) -> None:
        event.connect(hear, weak=False, dispatch_uid="hardy.meter")

    def _started(self, sender: str | None, job: str, waited: float | None = None, **_: Any) -> None:
        if len(self._began) >= AT_ONCE:
            self._began.pop(next(iter(self._began)), None)
        self._began[job] = time.monotonic()
        if waited is not None:
            self._reports.send(["waited", sender, waited])

    def _finished(self, sender: str | None, job: str, outcome: str, **_: Any) -> None:
        self._end(sender, job, outcome)

    def _rescheduled(self, sender: str | None, job: str, outcome: str, **_: Any) -> None:
        self._end(sender, job, outcome)

    def _rescued(self, sender: str | None, job: str, **_: Any) -> None:
        self._end(sender, job, str(Run.Outcome.LOST))

    def _fenced_off(self, sender: str | None, job: str, **_: Any) -> None:
        self._end(sender, job, "fenced_off")

    def _end(self, task: str | None, job: str, outcome: str) -> None:
        began = self._began.pop(job, None)
        seconds = None if began is None else time.monotonic() - began
        self._reports.send(["ended", task, outcome if outcome in OUTCOMES else OTHER, seconds])

    def _retried(self, to: str, **_: Any) -> None:
        self._reports.send(["retried", to])

    def _receive(self, report: Report) -> None:
        what, *about = report
        if what == "waited":
            task, seconds = about
            self.tally.waited(task or "", seconds)
        elif what == "ended":
            task, outcome, took = about
            self.tally.ended(task or "", outcome, took)
        elif what == "retried":
            self.tally.retried(about[0])

    def _flush(self, **_: Any) -> None:
        if not self._reports.is_ours:
            self._reports.flush(LAST_WORDS)
