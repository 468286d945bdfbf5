from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from celery import _state
from django.db import connections

import hardy
from hardy.ledger import identity
from tests.contracts.databases import ALIAS, KINDS, empty, known_as, migrated


class InTheLedger:
    """A database router: every table is where the ledger is."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return ALIAS


@pytest.fixture(scope="session")
def database_of(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_test_environment: None
) -> Iterator[Callable[[str], str]]:
    """A function that creates a database of a kind when it is first asked for, and answers with its URL."""
    with ExitStack() as databases:

        @cache
        def create(kind: str) -> str:
            with django_db_blocker.unblock():
                return databases.enter_context(migrated(kind, tmp_path_factory.mktemp(kind)))

        yield create


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database a test runs on; every test that asks for it runs on each."""
    return request.param


@pytest.fixture
def ledger(
    kind: str, database_of: Callable[[str], str], settings: Any, django_db_blocker: Any
) -> Iterator[Any]:
    """An empty ledger; the value is this thread's connection to its database."""
    url = database_of(kind)
    with django_db_blocker.unblock(), known_as(ALIAS, url):
        settings.HARDY = {"DATABASE": ALIAS}
        settings.DATABASE_ROUTERS = [InTheLedger()]
        identity.become("test@here")
        yield connections[ALIAS]
        connections.close_all()
        empty()


class App(hardy.Celery):
    """An app that keeps its tasks to itself: Celery shares them with every app made later."""

    def task(self, *args: Any, **options: Any) -> Any:
        return super().task(*args, **{"shared": False, **options})


@pytest.fixture
def app(ledger: Any) -> Iterator[hardy.Celery]:
    """A project's app on this ledger, current in every thread while the test runs."""
    before = _state.default_app, _state._tls.current_app
    made = App("contracts", broker="hardy://", backend="django-db", set_as_current=False)
    made.conf.task_always_eager = False
    _state.set_default_app(made)
    _state._tls.current_app = made
    yield made
    _state.default_app, _state._tls.current_app = before
