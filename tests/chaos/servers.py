"""PostgreSQL, Redis and RabbitMQ of the trials' own, so that they can be restarted for real.

Every one lies in a folder of its own, listens on a free port of this machine alone, and is gone after the run.
A restart is ``kill -9`` (for PostgreSQL an immediate shutdown, which is the same to its data), then a start.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
from kombu import Connection

from tests.services import probe_postgresql, probe_rabbitmq, probe_redis
from tests.waiting import until


class Server:
    """A server process, and what the trials do to it."""

    name: str
    package: str
    user: str | None = None
    probe: Callable[[str], None]

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"hardy-chaos-{self.name}-"))
        self._give_to_user()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Return once it answers."""
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [*self._as_user(), *self.command()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, cwd=self.folder, env={**os.environ, **self.environment()},
            )  # fmt: skip
        until(self.answers, seconds=90, otherwise=f"{self.name} does not start; see {self.folder}/output")

    def restart(self) -> None:
        """What is on its disk survives, and nothing else."""
        self.stop()
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            # RabbitMQ's is a script with the server as its child: all of them, and gone only when nobody listens.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, self.ending)
            self.process.wait(60)
            until(lambda: not self.listens(), seconds=60, otherwise=f"{self.name} does not end")

    ending = signal.SIGKILL

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "output").read_text(errors="replace")[-2000:]
        try:
            type(self).probe(self.url)
        except Exception:
            return False
        return True

    def environment(self) -> dict[str, str]:
        return {}

    def _as_user(self) -> list[str]:
        """The server ends with the trials, and never runs as root where it refuses to."""
        parent = ["setpriv", "--pdeathsig", "KILL"]
        return [*parent, *(as_user(self.user) if self.user else []), "--"]

    def _give_to_user(self) -> None:
        if self.user and os.getuid() == 0:
            shutil.chown(self.folder, self.user, pwd.getpwnam(self.user).pw_gid)


class PostgreSQL(Server):
    name, package, user = "postgresql", "postgresql", "postgres"
    probe = staticmethod(probe_postgresql)
    ending = signal.SIGQUIT  # an immediate shutdown: what was not on the disk is gone, and a start recovers

    def __init__(self) -> None:
        super().__init__()
        initdb = [program("initdb"), "--pgdata", str(self.data), "--username=postgres", "--auth=trust"]
        command = [*self._as_user(), *initdb, "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        return [
            program("postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300",
        ]  # fmt: skip

    def do(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


class Redis(Server):
    """Redis without persistence: a restart loses everything, as a cache's would."""

    name, package = "redis", "redis-server"
    probe = staticmethod(probe_redis)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [
            program("redis-server"),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]

    @property
    def client(self) -> Any:
        return redis.Redis.from_url(self.url)

    def waiting(self, queue: str) -> int:
        with self.client as client:
            names = [queue, *(f"{queue}\x06\x16{priority}" for priority in (3, 6, 9))]
            return sum(client.llen(name) for name in names)

    def unacknowledged(self) -> int:
        with self.client as client:
            return int(client.hlen("unacked"))

    def lose(self, queue: str) -> None:
        with self.client as client:
            client.flushall()


class RabbitMQ(Server):
    """A node of its own, with its own name server (epmd): durable queues and their messages survive a restart."""

    name, package = "rabbitmq", "rabbitmq-server"
    probe = staticmethod(probe_rabbitmq)

    def __init__(self) -> None:
        super().__init__()
        (self.folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{self.port}\n")
        (self.folder / "plugins").write_text("[].\n")
        self.name_server_port = free_port()
        names = [program("epmd"), "-port", str(self.name_server_port), "-address", "127.0.0.1"]
        self.name_server = subprocess.Popen([*self._as_user(), *names], start_new_session=True)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def command(self) -> list[str]:
        return [program("rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self.name_server_port),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_NODENAME": "chaos@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        }

    def waiting(self, queue: str) -> int:
        with Connection(self.url) as connection:
            return int(connection.default_channel.queue_declare(queue, passive=True).message_count)

    def unacknowledged(self) -> int:
        """None that anybody could count: they are back in the queue once their worker has stopped."""
        return 0

    def lose(self, queue: str) -> None:
        with Connection(self.url) as connection:
            connection.default_channel.queue_purge(queue)

    def remove(self) -> None:
        super().remove()
        self.name_server.kill()
        self.name_server.wait(10)


SERVERS: dict[str, type[Server]] = {kind.name: kind for kind in (PostgreSQL, Redis, RabbitMQ)}

#: Where Debian keeps them off the path; of several PostgreSQLs the newest.
PLACES = [
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    Path("/usr/lib/rabbitmq/bin"),
    Path("/usr/sbin"),
]

NEEDED = {
    "postgresql": ("initdb", "postgres"), "redis": ("redis-server",), "rabbitmq": ("rabbitmq-server", "epmd"),
}  # fmt: skip


def why_missing(name: str) -> str | None:
    """None if the server can be started here, otherwise one line that says what to install."""
    missing = [needed for needed in NEEDED[name] if find(needed) is None]
    if not missing:
        return None
    return f"{' and '.join(missing)} not found: apt-get install {SERVERS[name].package}"


def find(name: str) -> str | None:
    # Not the scripts of /usr/sbin first: Debian's changes the user and loses the environment.
    return shutil.which(name, path=os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")]))


def program(name: str) -> str:
    found = find(name)
    assert found is not None, name
    return found


def as_user(name: str) -> list[str]:
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam(name)
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
