"""A Redis that has become a replica, as after a failover: it answers, and refuses to write for a while."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.acceptance.depot import Depot
from tests.brokers.kinds import REDIS
from tests.fixtures.plants import Plants
from tests.waiting import until

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")


#: A chord of one part, whose id is the answer.
CHORD = "chord([tasks.wait_for.s(gate, 'part')], tasks.record.si('body')).delay().parent[0].id"


class OwnRedis:
    """A server of its own, which may be made a replica of nobody."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        self.client = redis.Redis.from_url(self.url)
        until(self._answers, otherwise="redis-server does not start")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def demote(self) -> None:
        """Refuse to write from now on, and break off who is connected, as a failover does."""
        self.client.replicaof("127.0.0.1", "1")
        self.client.client_kill_filter(_type="normal", skipme=True)

    def promote(self) -> None:
        self.client.replicaof("NO", "ONE")

    def close(self) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("results", ["django-db", "redis"])
@pytest.mark.parametrize("kind", [REDIS])
def test_the_worker_waits_until_it_may_write_and_everything_takes_effect_once(
    kind: str, results: str, open_plant: Plants, own_redis: OwnRedis, tmp_path: Path
) -> None:
    backend = own_redis.url if results == "redis" else results
    with open_plant(kind, url=own_redis.url, settings={"CELERY_RESULT_BACKEND": backend}) as depot:
        worker = depot.worker("--concurrency=2", "--prefetch-multiplier=4")
        gate = tmp_path / "gate"
        running = depot.send("wait_for", str(gate), "ran through it")
        part = depot.run(CHORD, gate=str(gate))
        depot.wait_for_effect("begun", running)
        depot.wait_for_effect("begun", part)

        own_redis.demote()
        for number in range(5):
            depot.send("record", f"sent {number}")
        gate.touch()
        depot.wait_for_effect("ran through it")
        worker.wait_for("may not write now")
        own_redis.promote()

        depot.wait_until_empty(seconds=60)
        after = depot.send("record", "after")
        depot.wait_until_over(after)
        assert effects(depot) == sorted(
            ["begun"] * 2
            + ["ran through it", "part", "body", "after", *(f"sent {number}" for number in range(5))]
        )
        assert depot.outcomes(running) == ["succeeded"]
        until(lambda: depot.result(running)[0] == "SUCCESS", otherwise=lambda: str(depot.result(running)))
        worker.signal(signal.SIGTERM)
        assert worker.exit_code() == 0


def effects(depot: Depot) -> list[str]:
    return sorted(depot.run("list(models.Effect.objects.values_list('name', flat=True))"))
