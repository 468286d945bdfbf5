"""A project of its own per test, on each database that a claim depends on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.acceptance.databases import MariaDB, PostgreSQL, Server, SQLite
from tests.acceptance.depot import Depot

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """A function that gives the server of a name, with an original to copy from once it is asked for."""
    make = {
        "sqlite": lambda: SQLite(tmp_path_factory.mktemp("databases")),
        "postgresql": PostgreSQL,
        "mariadb": MariaDB,
    }
    made: dict[str, Server] = {}

    def server(name: str) -> Server:
        if name not in made:
            made[name] = make[name]()
        return made[name]

    yield server
    for one in made.values():
        one.close()


@pytest.fixture(scope="session")
def open_depot(servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory) -> Open:
    """A context that holds a project on a database of its own, and leaves neither database nor process behind."""

    @contextmanager
    def open_one(database: str, **environment: str) -> Iterator[Depot]:
        server = servers(database)
        url = server.copy()
        depot = Depot(url, tmp_path_factory.mktemp(database), **environment)
        try:
            yield depot
        finally:
            depot.close()
            server.drop(url)

    return open_one


@pytest.fixture
def depot(request: pytest.FixtureRequest, open_depot: Open) -> Iterator[Depot]:
    """A project for one test; on SQLite, or on the database the test is parametrised with."""
    with open_depot(getattr(request, "param", "sqlite")) as depot:
        yield depot


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what its processes printed."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Depot):
                report.sections += [(f"log of {name}", log[-20_000:]) for name, log in value.logs()]
    return report
