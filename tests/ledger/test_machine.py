from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from hardy.ledger.machine import is_dead, machine_id
from tests.waiting import is_running, until

WAIT = "import signal; signal.pause()"


@pytest.fixture
def neighbour():
    process = subprocess.Popen([sys.executable, "-c", WAIT])
    yield process
    process.kill()
    process.wait()


def test_a_process_lives_until_it_is_killed_also_while_nobody_has_waited_for_it(neighbour):
    assert not is_dead(neighbour.pid)

    neighbour.kill()

    until(lambda: is_dead(neighbour.pid))


def test_a_process_that_was_waited_for_is_dead(neighbour):
    neighbour.kill()
    neighbour.wait()

    assert is_dead(neighbour.pid)


def test_a_process_that_belongs_to_somebody_else_lives(monkeypatch):
    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert not is_dead(1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells its boot and its namespaces")
def test_processes_of_one_boot_and_namespace_have_one_machine():
    code = "from hardy.ledger.machine import machine_id; print(machine_id())"

    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert other.stdout.strip() == machine_id() != ""


def test_where_the_machine_cannot_be_told_nobodys_death_is_seen(monkeypatch):
    machine_id.cache_clear()
    monkeypatch.setattr(os, "readlink", lambda path: (_ for _ in ()).throw(FileNotFoundError(path)))
    try:
        assert machine_id() == ""
    finally:
        machine_id.cache_clear()


PARENT = """
import os, signal, sys
from hardy.ledger.machine import die_with_parent
child = os.fork()
if child == 0:
    die_with_parent()
    sys.stdout.write("ready\\n"); sys.stdout.flush()
    signal.pause()
sys.stdout.write(f"{child}\\n"); sys.stdout.flush()
signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_pool_child_dies_with_its_worker():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    said = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
    child = int((said - {"ready"}).pop())

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    until(lambda: not is_running(child))
