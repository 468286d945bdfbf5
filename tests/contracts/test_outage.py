"""Waiting for a database, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, Error, OperationalError, connections

from hardy.db import outage, unanswered
from hardy.db.outage import DatabaseAway, Refused, retry_while_away
from tests.brokers.proxy import Proxy
from tests.contracts.databases import ALIAS, known_as, only


@pytest.fixture(autouse=True)
def no_pauses(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "PAUSES", (0.0,))


class Act:
    """Raises each of the errors in turn, then returns."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_content_is_never_waited_for():
    act = Act(DataError("a value too long"))

    with pytest.raises(DataError, match="too long"):
        retry_while_away("a test", act)

    assert act.calls == 1


def test_errors_that_the_caller_names_are_waited_for_too():
    act = Act(DataError("too early"))

    assert retry_while_away("a test", act, also=lambda error: "early" in str(error)) == "done"


def test_whoever_is_told_to_stop_waits_no_longer():
    act = Act(*[OperationalError(1040, "Too many connections")] * 9)

    with pytest.raises(DatabaseAway, match="Too many"):
        retry_while_away("a test", act, unless=lambda: True)

    assert act.calls == 1


def test_a_database_that_answers_and_breaks_the_connection_each_time_refuses_the_statement():
    act = Act(*[OperationalError(2006, "MySQL server has gone away")] * 99)

    with pytest.raises(Refused, match="answers"):
        retry_while_away("a test", act)

    assert act.calls == outage.REFUSALS


@only("mariadb")
def test_a_packet_that_the_server_does_not_take_is_refused_by_name(ledger):
    with ledger.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        [limit] = cursor.fetchone()

    def write_too_much() -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT LENGTH(%s)", ["x" * (limit + 1)])

    with pytest.raises(Error, match="max_allowed_packet"):
        retry_while_away("a test", write_too_much)


@only("postgresql", "mariadb")
def test_a_session_that_only_reads_is_replaced(ledger):
    """As after a failover: the old session is bound to a node that has become a replica."""
    mysql = ledger.vendor == "mysql"
    with ledger.cursor() as cursor:
        cursor.execute(
            "SET SESSION TRANSACTION READ ONLY" if mysql else "SET default_transaction_read_only = on"
        )

    def write() -> int:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("UPDATE hardy_job SET worker = worker WHERE id = ''")
            return cursor.rowcount

    assert retry_while_away("a test", write) == 0


@only("postgresql", "mariadb")
def test_a_connection_that_is_never_answered_is_broken_off_and_made_anew(
    kind, database_of, settings, monkeypatch
):
    """The proxy goes silent in the middle of a session, and answers whoever comes anew."""
    monkeypatch.setattr(unanswered, "LOOK", 0.05)
    proxy = Proxy(database_of(kind))
    with known_as("behind", proxy.url):
        settings.HARDY = {"DATABASE": "behind"}
        asked = []

        def ask() -> int:
            with connections["behind"].cursor() as cursor:
                asked.append(1)
                if len(asked) == 2:
                    proxy.freeze()
                cursor.execute("SELECT 1")
                return int(cursor.fetchone()[0])

        assert (ask(), retry_while_away("a test", ask)) == (1, 1)
        connections["behind"].close()
    proxy.close()

    assert len(asked) == 3
