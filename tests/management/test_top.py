"""`manage.py hardy top`: a picture in a pipe, and a live one in a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from hardy.ledger.models import Job, Worker
from hardy.management.screen import ENTER, LEAVE
from tests.acceptance.databases import environment
from tests.acceptance.depot import Depot
from tests.dashboard.tasks import alive, past, running, sent

SECONDS = 30


def picture(capsys: pytest.CaptureFixture[str]) -> str:
    call_command("hardy", "top")
    return capsys.readouterr().out


@pytest.mark.usefixtures("desk")
class TestInAPipe:
    def test_nothing_is_said_in_few_words(self, capsys):
        said = picture(capsys)

        assert "No worker is running. Nothing waits." in said and "waiting 0   running 0" in said
        assert "WORKERS" not in said and "QUEUES" not in said and "RUNNING" not in said

    def test_it_shows_what_waits_runs_and_has_ended(self, capsys):
        alive("default")
        Job.objects.filter(id=running()).update(worker=Worker.objects.get().id)
        sent("orders.pay", queue="reports")
        past(3)
        past(2, outcome="failed")

        said = picture(capsys)

        assert "No worker reads the queue reports, where 1 job waits." in said
        assert [
            line.split()[0] for line in said.splitlines() if line.startswith(("default ", "reports "))
        ] == [
            "default",
            "reports",
        ]
        assert "well" in said and "failed in the last hour 2" in said
        assert "RUNNING, THE LONGEST FIRST" in said
        assert "\x1b" not in said


@pytest.mark.parametrize("every", ["banana", "0", "-1s", ""])
def test_how_often_is_a_length_of_time(every):
    with pytest.raises(CommandError, match="--every"):
        call_command("hardy", "top", f"--every={every}")


class Terminal:
    """`hardy top` at a terminal of its own."""

    def __init__(self, depot: Depot) -> None:
        self.master, slave = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "django", "hardy", "top", "--every=0.5"],
            env=environment(depot.url, COLUMNS="120", LINES="40"), stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + SECONDS
        while text not in self.seen:
            assert select.select([self.master], [], [], max(0, until - time.monotonic()))[0], self.seen[
                -2000:
            ]
            try:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
            except OSError:  # the terminal is closed at both ends
                break
        assert text in self.seen, self.seen[-2000:]

    def press(self, key: bytes) -> None:
        os.write(self.master, key)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(depot: Depot) -> Iterator[Terminal]:
    opened = Terminal(depot)
    yield opened
    opened.close()


def test_it_is_drawn_again_until_a_key_ends_it(depot: Depot, terminal: Terminal) -> None:
    terminal.wait_for("No worker is running. Nothing waits.")
    assert terminal.seen.startswith(ENTER)
    depot.send("record", "seen")

    terminal.wait_for("waiting 1 ")
    terminal.press(b"q")
    terminal.wait_for(LEAVE)

    assert terminal.process.wait(SECONDS) == 0
    assert "Traceback" not in terminal.seen


def test_ctrl_c_ends_it_in_good_order(terminal: Terminal) -> None:
    terminal.wait_for("No worker is running. Nothing waits.")

    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for(LEAVE)

    assert terminal.process.wait(SECONDS) == 0
    assert "Traceback" not in terminal.seen
