"""A place of a stack's own on each server, made before and removed after: nothing else there is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
import pymysql
import redis
from kombu import Connection

ADDRESSES = {
    "postgresql": os.environ.get(
        "HARDY_BENCH_POSTGRESQL", "postgres://postgres:postgres@127.0.0.1:5432/postgres"
    ),
    "mariadb": os.environ.get("HARDY_BENCH_MARIADB", "mysql://root@127.0.0.1:3306"),
    "redis": os.environ.get("HARDY_BENCH_REDIS", "redis://127.0.0.1:6379"),
    "rabbitmq": os.environ.get("HARDY_BENCH_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672"),
}


class Missing(Exception):
    """A server that a stack needs does not answer, or gives it no place of its own."""


@contextmanager
def own_database(kind: str, name: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    with postgresql() if kind == "postgresql" else mariadb() as server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield _with_path(ADDRESSES[kind], name)
        finally:
            cursor.execute(f"DROP DATABASE {name}" + (" WITH (FORCE)" if kind == "postgresql" else ""))


@contextmanager
def own_broker(kind: str, name: str, redis_of_the_run: Callable[[], str]) -> Iterator[str]:
    """Yield the URL of a broker that is empty once cleared; '' for a tool that needs its database only."""
    if kind == "redis":
        yield redis_of_the_run()
    elif kind == "rabbitmq":
        with _own_vhost(name) as url:
            yield url
    else:
        yield "hardy://" if kind == "hardy" else ""


@contextmanager
def postgresql() -> Iterator[psycopg.Connection]:
    try:
        server = psycopg.connect(ADDRESSES["postgresql"], autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        raise Missing(_said("PostgreSQL", "postgresql", error)) from None
    with server:
        yield server


@contextmanager
def mariadb() -> Iterator[pymysql.connections.Connection]:
    address = urlsplit(ADDRESSES["mariadb"])
    who = {"user": unquote(address.username or "root"), "password": unquote(address.password or "")}
    try:
        server = pymysql.connect(
            host=address.hostname, port=address.port or 3306, connect_timeout=3, autocommit=True, **who
        )
    except pymysql.Error as error:
        raise Missing(_said("MariaDB", "mariadb", error)) from None
    with server:
        yield server


@contextmanager
def own_redis() -> Iterator[str]:
    """The highest number whose database is empty; it is empty again afterwards. All stacks of a run share it."""
    for number in range(15, 0, -1):
        url = _with_path(ADDRESSES["redis"], str(number))
        with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
            try:
                if client.dbsize():
                    continue
            except redis.RedisError as error:
                raise Missing(_said("Redis", "redis", error)) from None
            client.set("hardy-bench", os.getpid())  # taken: another run looks for an empty one
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise Missing("Redis has no empty database among 1 to 15")


@contextmanager
def _own_vhost(name: str) -> Iterator[str]:
    """A virtual host made by rabbitmqctl; without it the address must name one that is free to be used."""
    address = ADDRESSES["rabbitmq"]
    _check_rabbitmq(address)
    if urlsplit(address).path.strip("/"):
        yield address
        return
    if shutil.which("rabbitmqctl") is None:
        raise Missing(
            "rabbitmqctl is not here to make a virtual host; name an empty one at the end of HARDY_BENCH_RABBITMQ"
        )
    _rabbitmqctl("add_vhost", name)
    try:
        user = unquote(urlsplit(address).username or "guest")
        _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield _with_path(address, name)
    finally:
        _rabbitmqctl("delete_vhost", name)


def _check_rabbitmq(address: str) -> None:
    try:
        with Connection(address, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
    except Exception as error:  # each transport has errors of its own
        raise Missing(_said("RabbitMQ", "rabbitmq", error)) from None


def _rabbitmqctl(*arguments: str) -> None:
    done = subprocess.run(["rabbitmqctl", "--quiet", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Missing(
            f"rabbitmqctl {arguments[0]} failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
        )


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def _said(server: str, key: str, error: Exception) -> str:
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"{server} does not answer ({said}); HARDY_BENCH_{key.upper()} says where it is"


def empty_redis(url: str) -> None:
    """Forget all that the last figure left: every stack finds the number as it was made."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        client.set("hardy-bench", os.getpid())
