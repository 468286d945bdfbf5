"""The three databases a ledger may live in, each created for the tests and dropped after them."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from django.core.management import call_command
from django.db import connections

from config.database import database
from tests.services import MARIADB, POSTGRESQL

#: The alias under which the tests know their database. It is not "default", so that code which forgets to ask
#: HARDY["DATABASE"] is found out.
ALIAS = "ledger"

#: Whose tables are created: hardy's, and those of the result backend.
APPS = ("hardy", "django_celery_results")

Creation = Callable[[Path], Any]


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'ledger.sqlite3'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    name = unused_name()
    with psycopg.connect(POSTGRESQL.url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield POSTGRESQL.with_path(name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    name = unused_name()
    settings = database(MARIADB.with_path(name))
    server = pymysql.connect(
        host=settings["HOST"],
        port=settings["PORT"] or 3306,
        user=settings["USER"],
        password=settings["PASSWORD"],
        autocommit=True,
    )
    with server, server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield MARIADB.with_path(name)
        finally:
            cursor.execute(f"DROP DATABASE {name}")


KINDS = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.services("postgresql")),
    pytest.param("mariadb", marks=pytest.mark.services("mariadb")),
]


def only(*kinds: str) -> pytest.MarkDecorator:
    """A mark: the test runs on these databases instead of on every one."""
    chosen = [param for param in KINDS if param.values[0] in kinds]
    return pytest.mark.parametrize("kind", chosen, indirect=True)


CREATIONS: dict[str, Creation] = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb}


def unused_name() -> str:
    """A name that no other test process uses."""
    return f"hardy_contracts_{os.getpid()}_{uuid.uuid4().hex[:8]}"


@contextmanager
def migrated(kind: str, folder: Path, apps: Sequence[str] = APPS) -> Iterator[str]:
    """A new database of this kind with the tables of ``apps`` in it, the ledger's by default, as a URL."""
    with CREATIONS[kind](folder) as url:
        with known_as(ALIAS, url):
            for app in apps:
                call_command("migrate", app, database=ALIAS, verbosity=0)
        yield url


@contextmanager
def known_as(alias: str, url: str) -> Iterator[None]:
    """Let Django know a database under ``alias``, and nothing under "default", for the time being."""
    configured = connections.configure_settings({"default": {**database(url), "CONN_MAX_AGE": 0}})["default"]
    nothing = connections.configure_settings({})["default"]
    with replaced("default", nothing), replaced(alias, configured):
        yield


@contextmanager
def replaced(alias: str, settings: dict[str, Any]) -> Iterator[None]:
    """Exchange what Django knows under an alias, with this thread's connection to it."""
    before = connections.settings.get(alias)
    open_before = getattr(connections._connections, alias, None)
    connections.settings[alias] = settings
    if open_before is not None:
        del connections[alias]
    try:
        yield
    finally:
        if hasattr(connections._connections, alias):
            connections[alias].close()
            del connections[alias]
        connections.settings.pop(alias)
        if before is not None:
            connections.settings[alias] = before
        if open_before is not None:
            connections[alias] = open_before


def empty(alias: str = ALIAS, tables: str = r"hardy_|django_celery_results_") -> None:
    """Delete every row of every table that the tests may have written; ``tables`` is how their names begin."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if re.match(tables, name)]
        for table in sorted(names, key=len, reverse=True):  # users_user_groups before users_user
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
