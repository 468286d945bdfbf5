"""One process of `hardy up`: its pauses, and how it is told to end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from hardy.supervisor import child as module
from hardy.supervisor.child import Child
from hardy.supervisor.processes import Process
from tests.waiting import until


@pytest.fixture
def child() -> Iterator[Callable[[str], Child]]:
    """A started child that runs some Python."""
    started: list[Child] = []

    def start(code: str) -> Child:
        one = Child(Process(name="one", command=[sys.executable, "-c", code]), os.environ)
        one.start()
        started.append(one)
        return one

    yield start
    for one in started:
        if one.is_alive:
            one.kill()
            until(one.has_died)
            one.close()


def dead(child: Child) -> Child:
    until(child.has_died)
    child.close()
    return child


def test_the_pauses_double_up_to_half_a_minute(child):
    one = dead(child("raise SystemExit(1)"))

    assert [one.pause_before_restart() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_had_settled_begins_with_the_shortest_pause(child, monkeypatch):
    one = dead(child("raise SystemExit(1)"))
    assert [one.pause_before_restart() for _ in range(3)] == [1, 2, 4]

    monkeypatch.setattr(module, "SETTLED_SECONDS", 0.0)

    assert one.pause_before_restart() == 1


def test_a_reload_ends_the_pause_of_a_child_that_died(child):
    one = dead(child("raise SystemExit(1)"))
    one.pause_before_restart()
    assert not one.is_due

    one.reload()

    assert one.is_due


def test_a_reload_starts_a_running_child_again_without_a_pause(child):
    one = child("import time; time.sleep(600)")

    one.reload()

    assert dead(one).pause_before_restart() == 0


def test_a_child_that_does_not_stop_in_time_is_killed(child, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.2)
    one = child(
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    )
    until(lambda: one.read() == ["ready"])

    one.stop()

    until(one.kill_if_overdue)
    assert not one.kill_if_overdue()
    assert dead(one).how_it_ended() == "was killed by SIGKILL"


def test_a_child_that_was_never_started_has_nothing_to_read():
    with pytest.raises(RuntimeError, match="one has not been started"):
        Child(Process(name="one", command=["x"]), {}).read()
