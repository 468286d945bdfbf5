"""`hardy up` with processes of a project's own in the place of web, worker and beat."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.waiting import is_running, until

CHATTY = """
import os, pathlib, time
pathlib.Path("one.pid").write_text(str(os.getpid()))
while True:
    print("still here", flush=True)
    time.sleep(0.1)
"""
NOTHING_BUILT_IN = {"web": None, "worker": None, "beat": None}
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_all_children_and_the_exit_code_is_0(up, lively, number):
    running = up(UP={**NOTHING_BUILT_IN, "one": lively("one"), "two": lively("two")})
    pids = [running.pid_of("one"), running.pid_of("two")]

    running.signal(number)

    assert running.exit_code() == 0
    assert not any(map(is_running, pids))
    assert running.lines[-1] == "hardy │ Stopped."


def test_each_line_carries_the_name_of_its_process(up, lively):
    running = up(UP={**NOTHING_BUILT_IN, "one": lively("one"), "another": lively("another")})

    running.wait_for("one     │ one runs")
    running.wait_for("another │ another runs")


def test_a_second_signal_kills_what_does_not_stop(up, lively):
    running = up(
        UP={**NOTHING_BUILT_IN, "stubborn": [*lively("x")[:2], STUBBORN + lively("x")[2], "stubborn"]}
    )
    pid = running.pid_of("stubborn")

    running.signal(signal.SIGINT)
    running.wait_for("Stopping. Once more to kill.")
    assert is_running(pid)
    running.signal(signal.SIGINT)

    assert running.exit_code() == 0
    assert not is_running(pid)


def test_a_child_that_dies_is_named_and_started_again(up, lively):
    running = up(UP={**NOTHING_BUILT_IN, "one": lively("one")})
    first = running.pid_of("one")

    os.kill(first, signal.SIGKILL)

    running.wait_for("hardy │ one was killed by SIGKILL; starting it again in 1 s.")
    until(lambda: running.pid_of("one") != first, otherwise="it was not started again")


def test_the_pause_before_a_restart_grows(up):
    running = up(UP={**NOTHING_BUILT_IN, "broken": [sys.executable, "-c", "raise SystemExit(3)"]})

    running.wait_for("broken ended with exit code 3; starting it again in 1 s.")
    running.wait_for("broken ended with exit code 3; starting it again in 2 s.")


def test_a_command_that_does_not_exist_is_named(up):
    running = up(UP={**NOTHING_BUILT_IN, "typo": ["no-such-program"]})

    running.wait_for("typo  │ no-such-program cannot be started: No such file or directory")
    running.wait_for("typo ended with exit code 127")


def test_what_a_process_says_last_is_not_lost(up):
    last_words = "import sys; sys.stdout.write('no newline at the end')"
    running = up(UP={**NOTHING_BUILT_IN, "brief": [sys.executable, "-c", last_words]})

    running.wait_for("brief │ no newline at the end")


@pytest.mark.parametrize("victim", ["supervisor", "watchdog"])
def test_nothing_outlives_a_kill_9(up, lively, victim):
    grandchild = lively("grandchild")
    command = [sys.executable, "-c", f"import subprocess; subprocess.run({grandchild!r})"]
    running = up(UP={**NOTHING_BUILT_IN, "family": command, "one": lively("one")})
    pids = [running.pid_of("grandchild"), running.pid_of("one")]

    if victim == "supervisor":
        running.signal(signal.SIGKILL)
        until(lambda: not any(map(is_running, pids)), otherwise=f"still running: {pids}")
    else:
        os.kill(parent_of(pids[1]), signal.SIGKILL)
        until(lambda: not is_running(pids[1]), otherwise="one outlived its watchdog")


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_port_in_use_gives_one_clear_line_and_exit_code_1(up, lively):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        running = up(UP={**NOTHING_BUILT_IN, "one": {"command": lively("one"), "ports": {"ONE_PORT": port}}})

        assert running.exit_code() == 1

    assert running.lines == [
        f"CommandError: Port {port} is in use, and one needs it: "
        "stop what listens there, or choose another port with ONE_PORT."
    ]


def test_addresses_are_printed_once_every_port_answers(up, free_port):
    port = free_port()
    server = f"import socket, time; server = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    entry = {
        "command": [sys.executable, "-c", server],
        "ports": {"ONE_PORT": port},
        "addresses": {"Shop": "http://here:{port}/", "The kitchen": "http://here:{port}/kitchen"},
    }
    running = up(UP={**NOTHING_BUILT_IN, "one": entry})

    running.wait_for("Ready in")
    running.wait_for("Ctrl-C stops everything.")
    assert running.lines[-3:] == [
        "hardy │   Shop         http://here:{port}/".replace("{port}", str(port)),
        f"hardy │   The kitchen  http://here:{port}/kitchen",
        "hardy │ Ctrl-C stops everything.",
    ]


def test_addresses_come_after_what_a_process_says_while_it_starts(up):
    slow = "import time; print('one', flush=True); print('two is up', flush=True); time.sleep(600)"
    entry = {"command": [sys.executable, "-c", slow], "ready": "is up", "addresses": {"Shop": "http://here/"}}
    running = up(UP={**NOTHING_BUILT_IN, "one": entry})

    running.wait_for("Ctrl-C stops everything.")

    assert [line.split("│ ")[1].split(" in ")[0] for line in running.lines[:3]] == [
        "one",
        "two is up",
        "Ready",
    ]


def test_empty_lines_of_a_process_are_left_out(up):
    running = up(UP={**NOTHING_BUILT_IN, "one": [sys.executable, "-c", "print('here\\n\\n  \\nthere')"]})

    running.wait_for("one   │ there")

    assert running.text.startswith("one   │ here\none   │ there\n")


def test_the_preparations_run_first_in_their_order(up, lively):
    running = up(
        UP={**NOTHING_BUILT_IN, "one": lively("one")},
        UP_PREPARE=["check --tag models", "migrate contenttypes --verbosity 1"],
    )

    running.wait_for("one runs")
    order = [running.text.index(said) for said in ("no issues", "Applying contenttypes.0001", "one runs")]
    assert order == sorted(order)


def test_no_prepare_leaves_the_preparations_out(up, lively):
    running = up("--no-prepare", UP={**NOTHING_BUILT_IN, "one": lively("one")}, UP_PREPARE=["migrate"])

    running.wait_for("one runs")
    assert "Applying" not in running.text


def test_changed_code_restarts_the_processes_that_reload(up, lively, project):
    running = up(
        UP={**NOTHING_BUILT_IN, "one": lively("one"), "calm": {"command": lively("calm"), "reload": False}},
    )
    before = running.pid_of("one"), running.pid_of("calm")
    running.wait_for("Ready in")

    (project / "pages" / "words.py").write_text('GREETING = "good evening"\n')

    running.wait_for("words.py")
    running.wait_for("changed; restarting one.")
    running.wait_for("one runs", times=2)
    assert running.pid_of("calm") == before[1]
    assert running.pid_of("one") != before[0]


def test_no_reload_lets_changed_code_rest(up, lively, project):
    running = up("--no-reload", UP={**NOTHING_BUILT_IN, "one": lively("one"), "ticks": ticking(3)})
    running.wait_for("Ready in")

    (project / "pages" / "words.py").write_text('GREETING = "good evening"\n')

    running.wait_for("tick 2")
    assert "changed" not in running.text


def ticking(count: int) -> list[str]:
    return [
        sys.executable,
        "-c",
        f"import time\nfor n in range({count}): print('tick', n, flush=True); time.sleep(1.5)",
    ]


def test_only_and_except_choose_processes(up, lively):
    entries = {**NOTHING_BUILT_IN, "one": lively("one"), "two": lively("two"), "three": lively("three")}
    running = up("--only", "one,two", "--except", "two", UP=entries)

    running.wait_for("one runs")
    running.signal(signal.SIGTERM)
    assert running.exit_code() == 0
    assert not (running.folder / "two.pid").exists()
    assert not (running.folder / "three.pid").exists()


def test_a_pipe_whose_reader_went_away_stops_everything(up):
    running = up(UP={**NOTHING_BUILT_IN, "one": [sys.executable, "-c", CHATTY]}, leave_after="still here")

    assert running.exit_code() == 0
    assert not is_running(running.pid_of("one"))


def test_colour_is_for_terminals_only(up, lively):
    running = up(UP={**NOTHING_BUILT_IN, "one": lively("one")})
    running.wait_for("one runs")
    coloured = up("--force-color", UP={**NOTHING_BUILT_IN, "one": lively("one")})
    coloured.wait_for("one runs")

    assert "\x1b" not in running.text
    assert "\x1b[36mone   │ \x1b[0mone runs" in coloured.text
