"""How a process that waits hears of a commit, on each database."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from django.db import connections, transaction

from hardy.transport.wakeup import DataVersion, Notified, Polling, wakeup_for
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import asked, at_once


@pytest.fixture
def wakeup(ledger: Any, app: Any) -> Any:
    """What waits, on a connection of its own, as the transport has it."""
    connection = connections.create_connection(ALIAS)
    yield wakeup_for(connection)
    connection.close()


def test_each_database_is_waited_for_in_the_best_way_it_has(wakeup, ledger):
    kinds = {"sqlite": DataVersion, "postgresql": Notified, "mysql": Polling}

    assert type(wakeup) is kinds[ledger.vendor]
    tells = ledger.vendor == "postgresql" or (ledger.vendor == "sqlite" and sys.platform == "linux")
    assert (wakeup.fileno is not None) == tells


@only("sqlite", "postgresql")
def test_it_hears_of_a_commit_and_of_nothing_else(wakeup):
    assert wakeup.changed() is False

    with transaction.atomic(using=ALIAS):
        asked("job-1")
        assert wakeup.changed() is False

    assert wakeup.wait(30) is True
    assert wakeup.changed() is False


@only("sqlite", "postgresql")
def test_waiting_in_vain_ends_in_time(wakeup):
    assert wakeup.wait(0.02) is False


def test_a_waiting_process_is_woken_by_another_ones_job(wakeup):
    asker = threading.Timer(0.05, lambda: at_once(lambda: asked("job-1")))
    asker.start()

    assert wakeup.wait(30) is True
    asker.join()


@only("sqlite")
def test_where_no_file_system_tells_of_writes_one_looks(ledger, app, monkeypatch):
    monkeypatch.setattr("hardy.transport.inotify.sys.platform", "darwin")
    connection = connections.create_connection(ALIAS)
    wakeup = wakeup_for(connection)
    asker = threading.Timer(0.05, lambda: at_once(lambda: asked("job-1")))
    asker.start()

    assert wakeup.fileno is None
    assert wakeup.wait(30) is True
    asker.join()
    connection.close()


@only("mariadb")
def test_where_nobody_is_told_one_looks_again_and_again(wakeup, settings):
    assert wakeup.changed() is True
    assert wakeup.pause == 0.05


@only("postgresql")
def test_what_was_said_while_another_statement_ran_is_heard(ledger, app):
    connection = connections.create_connection(ALIAS)
    wakeup = wakeup_for(connection)
    at_once(lambda: asked("job-1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert wakeup.changed() is True
    connection.close()
