"""What an error means, told by a real server's word for it where one can be had."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, Error, InterfaceError, InternalError, OperationalError, connections

from hardy.db.failures import code_of, is_lost_connection, is_missing_schema, is_outage
from tests.contracts.databases import ALIAS, only

pytestmark = pytest.mark.usefixtures("app")

#: Statements that no time mends, on each database; each is content's fault.
CONTENT = [
    "INSERT INTO hardy_lease (name, holder, expires_at) VALUES (%s, '', '2026-01-01')",
    "INSERT INTO hardy_lease (name, holder, expires_at) VALUES ('a', '', NULL)",
    "SELECT * FROM nowhere",
    "SELECT odd FROM hardy_lease",
    "no sql at all",
]


def error_of(statement: str, params: Any = None) -> Error:
    with pytest.raises(Error) as caught, connections[ALIAS].cursor() as cursor:
        cursor.execute(statement, params)
    return caught.value


class Caused(Exception):
    def __init__(self, **codes: Any) -> None:
        self.__dict__.update(codes)


def caused(error: Error, **codes: Any) -> Error:
    error.__cause__ = Caused(**codes)
    return error


@pytest.mark.parametrize("statement", CONTENT[1:])
def test_what_a_statement_says_is_no_outage(statement):
    assert not is_outage(error_of(statement))


@only("postgresql", "mariadb")
def test_a_value_too_long_is_no_outage():
    assert not is_outage(error_of(CONTENT[0], ["x" * 100_000]))


@only("postgresql")
def test_a_number_where_text_is_compared_is_no_outage():
    error = error_of("SELECT 1 FROM hardy_job WHERE id = 5")

    assert (code_of(error), is_outage(error)) == ("42883", False)


@only("mariadb")
def test_a_packet_too_large_is_no_outage():
    assert not is_outage(OperationalError(1153, "Got a packet bigger than 'max_allowed_packet' bytes"))
    assert not is_outage(DataError(1406, "Data too long for column 'result' at row 1"))


def test_a_missing_table_and_a_missing_column_may_be_a_migration():
    assert is_missing_schema(error_of("SELECT * FROM nowhere"))
    assert is_missing_schema(error_of("SELECT odd FROM hardy_lease"))
    assert not is_missing_schema(error_of(CONTENT[1]))


@only("postgresql")
def test_a_session_that_only_reads_is_an_outage_on_postgresql(ledger):
    with ledger.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")

    error = error_of("UPDATE hardy_job SET worker = worker WHERE id = ''")

    assert isinstance(error, InternalError)  # its class would tell nobody
    assert is_outage(error) and not is_lost_connection(error)
    ledger.close()


@only("sqlite")
def test_a_database_that_only_reads_is_an_outage_on_sqlite(ledger):
    with ledger.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")

    assert is_outage(error_of("UPDATE hardy_job SET worker = worker WHERE id = ''"))
    ledger.close()


@only("mariadb")
def test_a_transaction_that_only_reads_is_an_outage_on_mariadb(ledger):
    with ledger.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")

    assert is_outage(error_of("UPDATE hardy_job SET worker = worker WHERE id = ''"))
    ledger.close()


@only("postgresql", "mariadb")
def test_a_connection_that_was_ended_is_lost(ledger):
    with ledger.cursor():
        mysql = ledger.vendor == "mysql"
        end = "KILL CONNECTION_ID()" if mysql else "SELECT pg_terminate_backend(pg_backend_pid())"
        error = error_of(end)

    assert is_outage(error) and is_lost_connection(error)
    ledger.close()


@pytest.mark.parametrize("state", ["08006", "57P01", "57P03", "53300", "25006", "40P01", "40001", "55P03"])
def test_outages_of_postgresql_by_their_state(state):
    assert is_outage(caused(OperationalError("words"), sqlstate=state))
    assert is_outage(caused(InternalError("words"), pgcode=state))  # psycopg2's name for it


@pytest.mark.parametrize("state", ["22001", "22P02", "23505", "42883", "42P01", "54000", "42501"])
def test_content_on_postgresql_by_its_state(state):
    assert not is_outage(caused(OperationalError("words"), sqlstate=state))


@pytest.mark.parametrize("number", [1040, 1047, 1205, 1213, 1836, 2002, 2006, 2013])
def test_outages_of_mariadb_by_their_number(number):
    assert is_outage(OperationalError(number, "words"))


@pytest.mark.parametrize("number", [1054, 1153, 1264, 1366, 1406, 3140])
def test_content_on_mariadb_by_its_number(number):
    assert not is_outage(OperationalError(number, "words"))


def test_an_option_of_mariadb_is_an_outage_only_if_it_is_read_only():
    assert is_outage(OperationalError(1290, "The MariaDB server is running with the --read-only option"))
    assert not is_outage(OperationalError(1290, "running with the --secure-file-priv option"))


def test_what_a_client_says_by_itself_is_a_lost_connection():
    assert is_lost_connection(OperationalError("server closed the connection unexpectedly"))
    assert is_lost_connection(InterfaceError("connection already closed"))
    assert not is_outage(DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))
    assert not is_outage(ValueError("no error of a database"))
