"""Connections of a worker live from task to task, and are fit for the next one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, transaction

from hardy.db import connections as kept
from hardy.db.connections import keep_connections, tidy_connections
from tests.contracts.databases import ALIAS, only


@pytest.fixture
def in_a_worker(monkeypatch: pytest.MonkeyPatch, ledger: Any) -> Any:
    """The ledger's connection as a worker has it, with Django's default settings."""
    monkeypatch.setattr(kept, "_keeps", False)
    keep_connections()
    return reopened(ledger)


def reopened(connection: Any) -> Any:
    connection.settings_dict["CONN_MAX_AGE"] = 0
    connection.close()
    connection.ensure_connection()
    return connection


def test_a_worker_keeps_its_connection_from_task_to_task_with_djangos_defaults(in_a_worker: Any) -> None:
    before = in_a_worker.connection

    for _ in range(3):
        tidy_connections()

    assert in_a_worker.connection is before


def test_a_process_that_only_sends_follows_django(ledger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_keeps", False)
    reopened(ledger)

    tidy_connections()

    assert ledger.connection is None


def test_a_project_may_have_its_workers_follow_django_too(in_a_worker: Any, settings: Any) -> None:
    settings.HARDY = {"DATABASE": ALIAS, "KEEP_CONNECTIONS": False}
    reopened(in_a_worker)

    tidy_connections()

    assert in_a_worker.connection is None


@only("postgresql", "mariadb")
def test_a_connection_is_replaced_when_it_is_old(in_a_worker: Any) -> None:
    in_a_worker.close_at = 0.0

    tidy_connections()

    assert in_a_worker.connection is None


#: Ends the connection that this answers for, as a server does that restarts.
OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
END = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}


def end_at_the_server(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OWN_ID[connection.vendor])
        [own] = cursor.fetchone()
    another = connections.create_connection(ALIAS)
    try:
        with another.cursor() as cursor:
            cursor.execute(END[connection.vendor], [own])
    finally:
        another.close()


@only("postgresql", "mariadb")
def test_a_connection_that_the_server_has_closed_is_replaced_before_it_is_used(in_a_worker: Any) -> None:
    end_at_the_server(in_a_worker)
    in_a_worker.health_check_done = True
    kept._checked[in_a_worker] = float("-inf")  # nobody has used it for long

    tidy_connections()

    with in_a_worker.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_pooled_connection_goes_back_to_its_pool(in_a_worker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(in_a_worker.settings_dict, "OPTIONS", {"pool": True})
    in_a_worker.close_at = 0.0

    kept.keep_if_worker(None, in_a_worker)

    assert in_a_worker.close_at == 0.0
    monkeypatch.undo()


def test_a_transaction_that_a_task_left_open_is_rolled_back(in_a_worker: Any) -> None:
    with in_a_worker.cursor() as cursor:
        cursor.execute("DELETE FROM hardy_lease")
    transaction.atomic(using=ALIAS).__enter__()
    with in_a_worker.cursor() as cursor:
        cursor.execute("INSERT INTO hardy_lease (name, holder, expires_at) VALUES ('x', '', '2026-01-01')")

    tidy_connections()

    assert not in_a_worker.in_atomic_block
    with in_a_worker.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hardy_lease")
        assert cursor.fetchone() == (0,)


def test_two_levels_left_open_are_rolled_back_too(in_a_worker: Any) -> None:
    for _ in range(2):
        transaction.atomic(using=ALIAS).__enter__()

    tidy_connections()

    with transaction.atomic(using=ALIAS):
        assert connections[ALIAS].in_atomic_block
    assert connections[ALIAS].get_autocommit()


def test_autocommit_that_a_task_switched_off_is_on_again(in_a_worker: Any) -> None:
    in_a_worker.set_autocommit(False)

    tidy_connections()

    in_a_worker.ensure_connection()
    assert in_a_worker.get_autocommit()
