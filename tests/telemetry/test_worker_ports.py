"""A real worker's ports and health file, on each kind of database, through kills and an orderly end."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hardy.telemetry import probe
from tests.acceptance.depot import Depot, hardy
from tests.acceptance.everywhere import DATABASES
from tests.acceptance.processes import Process
from tests.fixtures.depots import Open
from tests.telemetry.scraping import asked, fetched, of, scraped
from tests.waiting import until


class Watched:
    """A worker with its ports open."""

    def __init__(self, depot: Depot, port: int, file: Path, worker: Process) -> None:
        self.depot, self.port, self.file, self.worker = depot, port, file, worker

    def attempts(self, task: str, outcome: str) -> float:
        return self.scrape().get("hardy_task_attempts_total", {}).get(of(task=task, outcome=outcome), 0.0)

    def scrape(self) -> Any:
        return until(lambda: scraped(self.port), seconds=10)

    def wait_for_attempts(self, task: str, outcome: str, count: float) -> None:
        until(
            lambda: self.attempts(task, outcome) >= count,
            otherwise=lambda: f"{self.scrape().get('hardy_task_attempts_total')}",
        )


@pytest.fixture(scope="module", params=DATABASES)
def watched(
    request: pytest.FixtureRequest, open_depot: Open, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    port = unused_port()
    folder = tmp_path_factory.mktemp("health")
    settings = hardy(
        METRICS_PORT=port, HEALTH_PORT=port, LISTEN_ON="127.0.0.1", HEALTH_FILE=f"{folder}/{{name}}.json"
    )
    with open_depot(request.param, DEPOT_HARDY=settings) as depot:
        worker = depot.worker("--max-tasks-per-child=3")
        yield Watched(depot, port, folder / "one@depot.json", worker)


def unused_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


def test_attempts_are_counted_by_task_and_outcome_with_how_long_they_waited_and_ran(watched: Watched) -> None:
    depot, before = watched.depot, watched.attempts("depot.record", "succeeded")
    jobs = [depot.send("record", f"counted-{number}") for number in range(10)]
    jobs += [depot.send("retry", "again", 1), depot.send("fail"), depot.send("reject", "no", False)]
    depot.wait_until_over(*jobs)

    watched.wait_for_attempts("depot.record", "succeeded", before + 10)
    watched.wait_for_attempts("depot.retry", "retried", 1)
    watched.wait_for_attempts("depot.retry", "succeeded", 1)
    watched.wait_for_attempts("depot.fail", "failed", 1)
    watched.wait_for_attempts("depot.reject", "rejected", 1)
    said = watched.scrape()
    assert said["hardy_task_attempts_total"][of(task="depot.record", outcome="succeeded")] == before + 10
    for name in ("wait", "run"):
        assert said[f"hardy_task_{name}_seconds_count"][of(task="depot.record")] == before + 10
        assert 0 < said[f"hardy_task_{name}_seconds_sum"][of(task="depot.record")] < 300
    assert said["hardy_worker_connected"][of()] == 1
    assert said["hardy_connection_retries_total"] == {of(to="database"): 0, of(to="broker"): 0}
    assert of(duty="Heartbeat") in said["hardy_duty_lag_seconds"]
    assert said["process_resident_memory_bytes"][of()] > 0


def test_counters_never_go_backwards_though_children_are_killed(watched: Watched) -> None:
    depot = watched.depot
    before = watched.attempts("depot.record", "succeeded")
    jobs = [depot.send("record", f"before-{number}") for number in range(5)]
    depot.wait_until_over(*jobs)
    watched.wait_for_attempts("depot.record", "succeeded", before + 5)

    killed = depot.send("kill_child", "killed")
    depot.wait_until_over(killed)

    watched.wait_for_attempts("depot.kill_child", "lost", 1)
    watched.wait_for_attempts("depot.kill_child", "succeeded", 1)
    assert watched.attempts("depot.record", "succeeded") == before + 5


def test_the_probes_answer_on_the_same_port(watched: Watched) -> None:
    for question in probe.QUESTIONS:
        until(lambda: asked(watched.port, question) == (200, {question: True, "problems": []}))  # noqa: B023
    status, text = fetched(watched.port, "/nowhere")
    assert status == 404 and "/live" in text


def test_the_health_file_is_renewed_and_judged_by_the_probe(watched: Watched) -> None:
    written = json.loads(until(watched.file.read_text))["written"]

    until(lambda: json.loads(watched.file.read_text())["written"] > written, seconds=10)
    assert probe.answer("live", str(watched.file)) == []
    assert probe.answer("ready", str(watched.file)) == []
    assert json.loads(watched.file.read_text())["turned"] is not None


def test_a_second_worker_on_the_same_port_says_so_and_works(watched: Watched) -> None:
    other = watched.depot.worker(name="two")

    assert f"Port {watched.port} cannot be opened" in other.log
    other.signal(signal.SIGTERM)
    assert other.exit_code() == 0


class TestAWorker:
    """One of its own, for what ends or stops it."""

    @pytest.fixture
    def alone(self, open_depot: Open, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Watched]:
        port = free_port()
        settings = hardy(
            METRICS_PORT=port, HEALTH_PORT=port, LISTEN_ON="::", HEALTH_FILE=f"{tmp_path}/health.json",
            HEARTBEAT=0.3, HEARTBEAT_TIMEOUT=1.5, BUSY_TIMEOUT=2,
        )  # fmt: skip
        with open_depot("sqlite", DEPOT_HARDY=settings) as depot:
            yield Watched(depot, port, tmp_path / "health.json", depot.worker("--concurrency=1"))

    def test_a_frozen_one_is_not_alive_and_is_again_once_it_runs(self, alone: Watched) -> None:
        until(lambda: alone.file.exists() and not probe.answer("ready", str(alone.file)))

        alone.worker.signal(signal.SIGSTOP)
        until(lambda: probe.answer("live", str(alone.file)))
        alone.worker.signal(signal.SIGCONT)

        until(lambda: not probe.answer("ready", str(alone.file)))

    def test_one_that_is_told_to_stop_is_not_ready_and_alive_until_its_tasks_are_done(
        self, alone: Watched, tmp_path: Path
    ) -> None:
        job = alone.depot.send("wait_for", str(tmp_path / "go"), "waits")
        alone.depot.wait_for_state(job, "running")

        alone.worker.signal(signal.SIGTERM)
        until(lambda: asked(alone.port, "ready")[0] == 503)
        assert asked(alone.port, "live")[0] == 200
        (tmp_path / "go").touch()

        assert alone.worker.exit_code() == 0
        assert alone.depot.outcomes(job) == ["succeeded"]
        assert not alone.file.exists()

    def test_its_port_is_free_as_soon_as_it_is_killed(self, alone: Watched, tmp_path: Path) -> None:
        alone.worker.kill()

        again = alone.depot.worker(name="again")

        assert "cannot be opened" not in again.log
        assert scraped(alone.port)

    def test_a_beat_writes_its_file_too(self, alone: Watched, tmp_path: Path) -> None:
        beat = alone.depot.beat(DEPOT_HARDY=hardy(HEALTH_FILE=f"{tmp_path}/beat.json"))
        until(lambda: not probe.answer("ready", f"{tmp_path}/beat.json"))

        beat.kill()

        until(lambda: probe.answer("live", f"{tmp_path}/beat.json"))


def test_nothing_is_opened_or_measured_that_is_not_asked_for(open_depot: Open) -> None:
    with open_depot("sqlite") as depot:
        code = "import hardy.ledger.claim as c, hardy.telemetry.serving as s; [c._measures_waits, s.serving.ports]"

        assert depot.run(code) == [False, []]
        assert depot.run("import sys; 'prometheus_client' in sys.modules") is False
