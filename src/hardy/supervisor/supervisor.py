"""Keeps the children running until somebody says stop, and lets nothing outlive it."""

from __future__ import annotations

import selectors
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hardy.supervisor.changes import Changes
from hardy.supervisor.child import GRACE_SECONDS, Child
from hardy.supervisor.output import Output
from hardy.supervisor.ports import answers
from hardy.supervisor.processes import Process

TICK_SECONDS = 0.1
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs `processes` until SIGINT, SIGTERM or SIGHUP has stopped them; a second signal kills them."""

    def __init__(
        self,
        processes: Sequence[Process],
        environment: Mapping[str, str],
        output: Output,
        *,
        changes: Changes | None = None,
        started_at: float | None = None,
    ) -> None:
        self._children = [Child(process, environment) for process in processes]
        self._output = output
        self._changes = changes
        self._started_at = started_at if started_at is not None else time.monotonic()
        self._silent_ports = {port for process in processes for port in process.ports.values()}
        self._announced = False
        self._stop_requests = 0
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        with self._signals(), self._selector:
            try:
                for child in self._children:
                    self._start(child)
                self._keep_running()
            finally:
                self._stop_all()

    def _keep_running(self) -> None:
        while not self._stop_requests and not self._output.gone:
            self._relay_output()
            self._bury_the_dead()
            self._restart_what_changed()
            self._start_what_is_due()
            self._announce_once_ready()

    def _stop_all(self) -> None:
        if any(child.is_alive for child in self._children):
            self._output.say("Stopping. Once more to kill.")
        for child in self._children:
            child.stop()
        while any(child.is_alive for child in self._children):
            if self._stop_requests > 1:
                self._kill_all()
            self._relay_output()
            self._bury_the_dead(stopping=True)
        self._output.say("Stopped.")

    def _kill_all(self) -> None:
        for child in self._children:
            child.kill()

    def _start(self, child: Child) -> None:
        child.start()
        self._selector.register(child.stdout, selectors.EVENT_READ, child)

    def _start_what_is_due(self) -> None:
        for child in self._children:
            if not child.is_alive and child.is_due:
                self._start(child)

    def _relay_output(self) -> None:
        for key, _ in self._selector.select(TICK_SECONDS):
            child: Child = key.data
            self._write(child, child.read())

    def _bury_the_dead(self, *, stopping: bool = False) -> None:
        for child in self._children:
            if child.has_died():
                self._selector.unregister(child.stdout)
                self._write(child, child.close())
                self._say_what_follows(child, stopping=stopping)
            elif child.kill_if_overdue():
                self._output.say(f"{child.name} did not stop within {GRACE_SECONDS:g} s and was killed.")

    def _say_what_follows(self, child: Child, *, stopping: bool) -> None:
        if stopping:
            return
        if pause := child.pause_before_restart():
            self._output.say(f"{child.name} {child.how_it_ended()}; starting it again in {pause:g} s.")

    def _restart_what_changed(self) -> None:
        changed = self._changes.noticed() if self._changes is not None else []
        reloading = [child for child in self._children if child.process.reload] if changed else []
        if not reloading:
            return
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        names = ", ".join(child.name for child in reloading)
        self._output.say(f"{changed[0].name}{more} changed; restarting {names}.")
        for child in reloading:
            child.reload()

    def _announce_once_ready(self) -> None:
        if self._announced:
            return
        self._silent_ports = {port for port in self._silent_ports if not answers(port)}
        if self._silent_ports:
            return
        self._announced = True
        self._output.say(f"Ready in {time.monotonic() - self._started_at:.1f} s.")
        for child in self._children:
            for title, address in child.process.printed_addresses().items():
                self._output.say(f"  {title}: {address}")
        self._output.say("Ctrl-C stops everything.")

    def _write(self, child: Child, lines: list[str]) -> None:
        for line in lines:
            self._output.write(child.name, line)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before: dict[signal.Signals, Any] = {
            number: signal.signal(number, self._on_stop) for number in STOPPING
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_stop(self, *_: object) -> None:
        self._stop_requests += 1
