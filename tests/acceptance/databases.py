"""Databases for the project: made once per server with all tables, then copied for whoever asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
import pymysql

from tests.services import MARIADB, POSTGRESQL

PROJECT = Path(__file__).with_name("project")


class Server(Protocol):
    """A kind of database that can be copied."""

    def copy(self) -> str:
        """Make a database with all tables and return its URL."""
        ...

    def drop(self, url: str) -> None:
        """Remove what `copy` made, whoever is connected."""
        ...

    def close(self) -> None:
        """Remove the original too."""
        ...


class SQLite:
    """Files in a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.original = folder / "original.sqlite3"
        migrate(f"sqlite:///{self.original}")

    def copy(self) -> str:
        file = self.folder / f"{uuid.uuid4().hex[:8]}.sqlite3"
        shutil.copy(self.original, file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        for file in self.folder.glob(f"{Path(urlsplit(url).path).name}*"):
            file.unlink()

    def close(self) -> None:
        self.original.unlink()


class PostgreSQL:
    def __init__(self) -> None:
        self.original = new_name()
        self._execute(f"CREATE DATABASE {self.original}")
        with dropping_it_on_failure(self):
            migrate(POSTGRESQL.with_path(self.original))

    def copy(self) -> str:
        name = new_name()
        self._execute(f"CREATE DATABASE {name} TEMPLATE {self.original}")
        return POSTGRESQL.with_path(name)

    def drop(self, url: str) -> None:
        self._execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")

    def close(self) -> None:
        self._execute(f"DROP DATABASE {self.original} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(POSTGRESQL.url, autocommit=True) as connection:
            connection.execute(statement)


#: What MariaDB answers to KILL for a connection that has just ended (ER_NO_SUCH_THREAD).
ALREADY_GONE = 1094


class MariaDB:
    def __init__(self) -> None:
        self.original = new_name()
        self._execute(f"CREATE DATABASE {self.original} CHARACTER SET utf8mb4")
        with dropping_it_on_failure(self):
            migrate(MARIADB.with_path(self.original))

    def copy(self) -> str:
        name = new_name()
        tables = [row[0] for row in self._execute(f"SHOW TABLES IN {self.original}")]
        self._execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        for table in tables:
            self._execute(f"CREATE TABLE {name}.{table} LIKE {self.original}.{table}")
        return MARIADB.with_path(name)

    def drop(self, url: str) -> None:
        name = urlsplit(url).path[1:]
        # A connection that a killed worker left in a transaction would keep DROP waiting for its tables.
        for (process,) in self._execute(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
            self._execute(f"KILL {process}", allowing=ALREADY_GONE)
        self._execute(f"DROP DATABASE {name}")

    def close(self) -> None:
        self._execute(f"DROP DATABASE {self.original}")

    def _execute(self, statement: str, allowing: int | None = None) -> list[Any]:
        parts = urlsplit(MARIADB.url)
        connection = pymysql.connect(
            host=parts.hostname, port=parts.port or 3306, user=parts.username, password=parts.password or ""
        )
        with connection, connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.err.OperationalError as error:
                if error.args[0] != allowing:
                    raise
                return []
            return list(cursor.fetchall())


@contextmanager
def dropping_it_on_failure(server: Server) -> Iterator[None]:
    try:
        yield
    except BaseException:
        server.close()
        raise


def new_name() -> str:
    return f"hardy_acceptance_{uuid.uuid4().hex[:10]}"


def environment(url: str, **settings: str) -> dict[str, str]:
    """What every process of the project starts with."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    ours = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "depot.settings", "PYTHONPATH": path}
    return {**inherited, **ours, "PYTHONUNBUFFERED": "1", **settings}


#: What the suite itself may have been started with, and what would change the project.
NOT_OURS = frozenset({"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "SHOP_DATA"})


def migrate(url: str) -> None:
    """Make all tables; the project's own model needs no migrations."""
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
    subprocess.run(command, env=environment(url), check=True)
