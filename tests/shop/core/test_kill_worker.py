"""The verb that kills this shop's workers, and nobody else's."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from hardy.db.clock import seconds_from_now
from hardy.ledger.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def process():
    """A process that the process table calls a worker of Celery's."""
    body = "import time; print('ready', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", body, "celery", "worker"], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started
        started.kill()


def test_without_a_worker_it_says_how_to_start_one(process):
    with pytest.raises(CommandError, match="make run"):
        call_command("kill_worker")

    assert process.poll() is None  # it looks like a worker, and is not this shop's


def test_it_kills_the_workers_that_the_shop_knows(process, capsys):
    now = seconds_from_now(0)
    name = f"shop@{socket.gethostname()}"
    Worker.objects.create(id=name, name=name, kind="worker", pid=process.pid, started_at=now, seen_at=now)

    call_command("kill_worker")

    assert process.wait(timeout=30) == -9
    assert f"Killed {name} (process {process.pid})." in capsys.readouterr().out
