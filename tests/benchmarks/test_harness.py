"""The benchmark as a process: small real runs, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(tmp_path):
    """Start ``python -m benchmarks`` with its scratch files, and so its processes, recognisable by a folder."""
    started = []

    def start(*words: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, text=True,
            env={**os.environ, "TMPDIR": str(tmp_path), **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_small_run_measures_and_leaves_nothing(bench, tmp_path):
    process = bench("--only", "hardy-sqlite,send,run", "--tasks", "20", "--repeat", "1", "--json", "-")
    said, log = process.communicate(timeout=120)

    assert process.returncode == 0, log
    figures = json.loads(said)["rows"]["hardy-sqlite"]
    assert figures["send"]["median"] > 0
    assert len(figures["run"]["values"]) == 1
    assert children_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_stopped_leaves_no_process_and_no_file(bench, tmp_path):
    process = bench("--only", "hardy-sqlite,latency", "--repeat", "1")
    until(lambda: list(tmp_path.glob("*/*/worker-*.count")), seconds=60, otherwise="no worker started")

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=100)

    assert process.returncode == 143
    assert children_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_server_costs_its_row_and_one_line(bench):
    process = bench("--only", "hardy-postgresql,send", HARDY_BENCH_POSTGRESQL="postgres://127.0.0.1:1/none")
    said, log = process.communicate(timeout=60)

    assert process.returncode == 0, log
    left_out = [line for line in said.splitlines() if "left out" in line]
    assert len(left_out) == 1
    assert "HARDY_BENCH_POSTGRESQL says where it is" in left_out[0]


@pytest.mark.services("postgresql", "mariadb", "redis", "rabbitmq")
def test_every_server_is_sent_to(bench):
    stacks = ["hardy-postgresql", "hardy-mariadb", "hardy-redis", "stock-rabbitmq"]
    process = bench("--only", ",".join([*stacks, "send"]), "--tasks", "20", "--repeat", "1", "--json", "-")
    said, log = process.communicate(timeout=240)

    assert process.returncode == 0, log
    everything = json.loads(said)
    assert everything["notes"] == []
    assert list(everything["rows"]) == stacks


def children_in(folder: Path) -> list[str]:
    """The processes that were started with ``folder`` as their place for scratch files."""
    mark = f"TMPDIR={folder}".encode()
    return [
        process.name
        for process in Path("/proc").iterdir()
        if process.name.isdigit()
        and any(word.startswith(mark) for word in environment_of(process).split(b"\0"))
    ]


def environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # it has just ended, or is not ours
        return b""
