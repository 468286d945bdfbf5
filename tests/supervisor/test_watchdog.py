"""The watchdog on which each process of `hardy up` runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import is_running, until

#: Writes its number to a file once it is ready; says "told" when asked to end, which a parent does not obey.
COMMAND = """
import os, pathlib, signal, sys, time
def told(*_):
    print("told", flush=True)
    if sys.argv[2] == "obedient":
        sys.exit(7)
signal.signal(signal.SIGTERM, told)
if sys.argv[2] == "parent":
    os.fork()
pathlib.Path(f"{sys.argv[1]}.{os.getpid()}").touch()
while True:
    time.sleep(60)
"""

Leash = subprocess.Popen[str]


@pytest.fixture
def watchdog() -> Iterator[Callable[..., Leash]]:
    started: list[Leash] = []

    def start(*command: str, grace_seconds: float = 0.5) -> Leash:
        line = [sys.executable, "-m", "hardy.supervisor.watchdog", str(grace_seconds), *command]
        started.append(subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait(30)
        for pipe in (one.stdin, one.stdout):
            pipe.close()


@pytest.fixture
def pids(tmp_path: Path) -> Callable[[int], list[int]]:
    """Waits for this many processes to have written down their numbers."""

    def wait(count: int = 1) -> list[int]:
        return until(lambda: found if len(found := numbers()) == count else [])

    def numbers() -> list[int]:
        return [int(file.suffix[1:]) for file in tmp_path.glob("pid.*")]

    return wait


def command(tmp_path: Path, character: str) -> list[str]:
    return [sys.executable, "-c", COMMAND, str(tmp_path / "pid"), character]


def test_the_exit_code_is_the_commands(watchdog):
    assert watchdog(sys.executable, "-c", "raise SystemExit(5)").wait(30) == 5


def test_a_command_killed_by_a_signal_ends_as_in_a_shell(watchdog):
    killed = watchdog(sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")

    assert killed.wait(30) == 128 + signal.SIGKILL


def test_sigterm_is_passed_on(watchdog, pids, tmp_path):
    running = watchdog(*command(tmp_path, "obedient"))
    pids()

    running.terminate()

    assert running.wait(30) == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sigquit_kills_what_does_not_obey_and_its_children(watchdog, pids, tmp_path, number):
    running = watchdog(*command(tmp_path, "parent"))
    family = pids(2)

    running.send_signal(number)
    assert running.stdout.readline() == "told\n"
    assert all(map(is_running, family))
    running.send_signal(signal.SIGQUIT)

    assert running.wait(30) == 128 + signal.SIGKILL
    until(lambda: not any(map(is_running, family)), otherwise=f"still running: {family}")


def test_the_end_of_the_supervisor_stops_the_command_gently(watchdog, pids, tmp_path):
    running = watchdog(*command(tmp_path, "obedient"), grace_seconds=30)
    pids()

    running.stdin.close()

    assert running.wait(30) == 7


def test_the_end_of_the_supervisor_kills_what_does_not_obey(watchdog, pids, tmp_path):
    running = watchdog(*command(tmp_path, "parent"))
    family = pids(2)

    running.stdin.close()

    assert running.wait(30) == 128 + signal.SIGKILL
    until(lambda: not any(map(is_running, family)), otherwise=f"still running: {family}")


def test_the_children_of_a_command_that_ended_are_killed(watchdog):
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    running = watchdog(sys.executable, "-c", f"import subprocess; print(subprocess.Popen({sleep!r}).pid)")

    left_behind = int(running.stdout.readline())

    assert running.wait(30) == 0
    until(lambda: not is_running(left_behind), otherwise="the grandchild outlived its parent")


def test_the_command_dies_with_its_leash(watchdog, pids, tmp_path):
    running = watchdog(*command(tmp_path, "obedient"))
    (pid,) = pids()

    running.kill()

    until(lambda: not is_running(pid), otherwise="the command outlived its watchdog")


def test_a_command_that_does_not_exist_is_named_as_in_a_shell():
    typo = [sys.executable, "-m", "hardy.supervisor.watchdog", "1", "no-such-program"]
    ended = subprocess.run(typo, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert ended.returncode == 127
    assert ended.stderr == "no-such-program cannot be started: No such file or directory\n"
