"""The machine and the versions that figures belong to: without them they say nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import redis
from kombu import Connection

from benchmarks.servers import ADDRESSES, mariadb, postgresql

PACKAGES = ("Django", "celery", "kombu", "django-hardy", "django-celery-results", "psycopg", "redis", "amqp")


def describe() -> dict[str, str]:
    """Return what this machine is and runs, by name; a server that does not answer is left out."""
    packages = {name: version for name in PACKAGES if (version := _package(name))}
    return {
        "CPU": f"{os.cpu_count()} × {_after('/proc/cpuinfo', 'model name') or platform.processor() or 'unknown'}",
        "RAM": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **packages,
        "SQLite": sqlite3.sqlite_version,
        **_servers(),
    }


def lines(machine: dict[str, str]) -> Iterable[str]:
    """Yield the machine in one line, and what runs on it in another."""
    hardware = ("CPU", "RAM", "system")
    yield ", ".join(machine[name] for name in hardware)
    yield ", ".join(f"{name} {value}" for name, value in machine.items() if name not in hardware)


def _servers() -> dict[str, str]:
    found = {}
    for name, ask in (
        ("PostgreSQL", _postgresql),
        ("MariaDB", _mariadb),
        ("Redis", _redis),
        ("RabbitMQ", _rabbitmq),
    ):
        with suppress(Exception):  # whatever its client raises: the row that needs it says so
            found[name] = ask()
    return found


def _postgresql() -> str:
    with postgresql() as connection:
        return f"{connection.info.server_version // 10000}.{connection.info.server_version % 10000}"


def _mariadb() -> str:
    with mariadb() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        return str(cursor.fetchone()[0]).partition("-")[0]


def _redis() -> str:
    with redis.Redis.from_url(ADDRESSES["redis"], socket_connect_timeout=3) as client:
        return str(client.info("server")["redis_version"])


def _rabbitmq() -> str:
    with Connection(ADDRESSES["rabbitmq"], connect_timeout=3) as connection:
        connection.ensure_connection(max_retries=1, timeout=3)
        return str(connection.connection.server_properties["version"])


def _package(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _memory() -> str:
    kibibytes = _after("/proc/meminfo", "MemTotal")
    return f"{int(kibibytes.split()[0]) / 2**20:.0f} GiB" if kibibytes else "RAM unknown"


def _after(file: str, name: str) -> str | None:
    """The value of the first line that starts with ``name``, in a file of Linux's."""
    with suppress(OSError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    return None
