from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from hardy.db.sqlite import BUSY_TIMEOUT
from hardy.ledger.models import Lease
from tests.contracts.databases import ALIAS, known_as, migrated
from tests.contracts.rows import at_once


@pytest.fixture
def opened(tmp_path, settings, django_db_blocker):
    """A function that opens the ledger's database with these options, as a project would have it."""

    @contextmanager
    def open_with(alias: str = ALIAS, **options: Any) -> Iterator[Any]:
        with django_db_blocker.unblock(), known_as(ALIAS, f"sqlite:///{tmp_path / 'shop.sqlite3'}"):
            settings.HARDY = {"DATABASE": alias}
            connections[ALIAS].settings_dict["OPTIONS"] = options
            connections[ALIAS].ensure_connection()
            yield connections[ALIAS]

    return open_with


def pragma(connection: Any, name: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_ledgers_database_is_opened_for_several_processes(opened):
    with opened() as connection:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 1
        assert pragma(connection, "busy_timeout") == BUSY_TIMEOUT
        assert connection.transaction_mode == "IMMEDIATE"


def test_its_transactions_stay_immediate_when_somebody_reads_its_parameters(opened):
    with opened() as connection:
        connection.get_connection_params()  # as error trackers do around every statement

        assert connection.transaction_mode == "IMMEDIATE"


def test_what_the_project_has_set_itself_stays(opened):
    with opened(timeout=3, transaction_mode="EXCLUSIVE") as connection:
        assert pragma(connection, "busy_timeout") == 3000
        assert connection.transaction_mode == "EXCLUSIVE"
        assert pragma(connection, "journal_mode") == "wal"


def test_a_project_with_pragmas_of_its_own_keeps_them_all(opened):
    with opened(init_command="PRAGMA journal_mode = DELETE; PRAGMA busy_timeout = 7;") as connection:
        assert pragma(connection, "journal_mode") == "delete"
        assert pragma(connection, "busy_timeout") == 7


def test_another_database_is_left_as_it_is(opened):
    with opened(alias="default") as connection:
        assert connection.transaction_mode is None
        assert pragma(connection, "journal_mode") == "delete"


def test_a_database_in_memory_needs_no_log(settings, django_db_blocker):
    with django_db_blocker.unblock(), known_as(ALIAS, "sqlite://:memory:"):
        settings.HARDY = {"DATABASE": ALIAS}
        connections[ALIAS].ensure_connection()

        assert pragma(connections[ALIAS], "journal_mode") == "memory"


def test_writers_that_read_first_wait_for_each_other(tmp_path, settings, django_db_blocker):
    with django_db_blocker.unblock(), migrated("sqlite", tmp_path) as url, known_as(ALIAS, url):
        settings.HARDY = {"DATABASE": ALIAS}
        leases = Lease.objects.using(ALIAS)
        leases.create(name="count", holder="0", expires_at="2030-01-01T00:00Z")

        def add_one() -> None:
            for _ in range(20):
                with transaction.atomic(using=ALIAS):
                    lease = leases.get(name="count")
                    leases.filter(name="count").update(holder=str(int(lease.holder) + 1))

        at_once(add_one, add_one, add_one)

        assert leases.get(name="count").holder == "60"


NO_TIMES = [
    "4713-01-01 BC", "2026-02-30 00:00:00", "2026-13-01 00:00:00", "2026-01-01 00:00:00x", "2000", "now", "", 5, 9e18,
]  # fmt: skip


def test_a_row_with_a_time_that_python_cannot_read_is_refused(tmp_path, django_db_blocker):
    """One such row would stop whoever reserves it among others."""
    with (
        django_db_blocker.unblock(),
        migrated("sqlite", tmp_path) as url,
        known_as(ALIAS, url),
        connections[ALIAS].cursor() as cursor,
    ):
        cursor.execute(A_JOB, ["good", "2026-02-28 23:59:59.999999"])
        for column in ("enqueued_at", "due_at", "published_at", "started_at"):
            for text in NO_TIMES:
                with pytest.raises(DatabaseError, match=r"hardy_job|non-deterministic"):
                    cursor.execute(f"UPDATE hardy_job SET {column} = %s", [text])
            cursor.execute(f"UPDATE hardy_job SET {column} = %s", ["2028-02-29 23:59:59"])


A_JOB = (
    "INSERT INTO hardy_job (id, task, queue, state, priority, enqueued_at, due_at, worker, token, attempts, crashes,"
    " message) SELECT %s, 'task', 'queue', 'queued', 0, at, at, '', 0, 0, 0, '' FROM (SELECT %s AS at)"
)
