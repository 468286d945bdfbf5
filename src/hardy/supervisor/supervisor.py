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
from hardy.supervisor.processes import Process
from hardy.supervisor.readiness import Readiness
from hardy.supervisor.terminal import Keyboard

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
        keyboard: Keyboard | None = None,
    ) -> None:
        self._children = [Child(process, environment) for process in processes]
        self._output = output
        self._changes = changes
        self._keyboard = keyboard
        self._started_at = started_at if started_at is not None else time.monotonic()
        self._readiness = Readiness(processes)
        self._announced = False
        self._stop_requests = 0
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        with self._signals(), self._selector:
            try:
                self._listen_to_the_keyboard()
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
            self._output.return_carriage()
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
            if isinstance(key.data, Child):
                self._write(key.data, key.data.read())
            else:
                self._answer(key.data)

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

    def _listen_to_the_keyboard(self) -> None:
        if self._keyboard is not None:
            self._selector.register(self._keyboard, selectors.EVENT_READ, self._keyboard)

    def _answer(self, keyboard: Keyboard) -> None:
        if keyboard.enter_was_pressed():
            self._show_addresses()
        else:
            self._selector.unregister(keyboard)

    def _announce_once_ready(self) -> None:
        if self._announced or not self._readiness.is_over:
            return
        self._announced = True
        missing = ", ".join(self._readiness.missing)
        but = f", but for what is not up yet: {missing}" if missing else ""
        self._output.say(f"Ready in {time.monotonic() - self._started_at:.1f} s{but}.")
        self._show_addresses()

    def _show_addresses(self) -> None:
        """What a person opens in a browser, and how to see it again under what the processes write next."""
        for line in aligned([child.process.printed_addresses() for child in self._children]):
            self._output.say(line)
        again = "Enter shows this again, " if self._keyboard is not None else ""
        self._output.say(f"{again}Ctrl-C stops everything.")

    def _write(self, child: Child, lines: list[str]) -> None:
        for line in filter(str.strip, lines):
            self._output.write(child.name, line)
            self._readiness.hear(child.name, line)

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


def aligned(addresses: Sequence[Mapping[str, str]]) -> list[str]:
    """A line for each address, which begin below each other."""
    titles = [(title, address) for one in addresses for title, address in one.items()]
    width = max((len(title) for title, _ in titles), default=0)
    return [f"  {title:<{width}}  {address}" for title, address in titles]
