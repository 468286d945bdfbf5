"""Connections of whoever sends without a request: a dead one is replaced, and none is held."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import celery
import pytest
from django.core.signals import request_started
from django.db import DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.db.backends.signals import connection_created

from hardy import Policy, parking
from hardy.db.connections import tidy_connections
from hardy.db.unanswered import break_off
from hardy.ledger.models import Job
from tests.contracts.databases import ALIAS, only
from tests.contracts.draining import run_next
from tests.contracts.rows import jobs
from tests.waiting import until

on_a_server = only("postgresql", "mariadb")


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add")
    def add(x=0, y=0):
        return x + y

    return add


SENDING: dict[str, Callable[[Any], Any]] = {
    "delay": lambda add: add.delay(1),
    "later": lambda add: add.apply_async([1], countdown=60),
    "by name": lambda add: add.app.send_task("shop.add", [1]),
    "group": lambda add: celery.group(add.s(1)).delay(),
    "chain": lambda add: celery.chain(add.s(1), add.s(2)).delay(),
    "chord": lambda add: celery.chord([add.s(1)], add.si(2)).delay(),
}

#: The session at the server, and how another session ends it.
OWN_ID = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}
END = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}
THERE = {
    "postgresql": "SELECT 1 FROM pg_stat_activity WHERE pid = %s",
    "mysql": "SELECT 1 FROM information_schema.processlist WHERE id = %s",
}


@contextmanager
def another_session() -> Iterator[Any]:
    other = connections.create_connection(ALIAS)
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def session_of(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(OWN_ID[connection.vendor])
        return int(cursor.fetchone()[0])


def end_at_the_server(connection: Any) -> None:
    session = session_of(connection)
    with another_session() as cursor:
        cursor.execute(END[connection.vendor], [session])
        until(lambda: not is_there(cursor, connection.vendor, session))


def is_there(cursor: Any, vendor: str, session: int) -> bool:
    cursor.execute(THERE[vendor], [session])
    return cursor.fetchone() is not None


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    """The drivers' connections that were opened during the test."""
    opened: list[Any] = []

    def note(connection: Any, **_: Any) -> None:
        opened.append(connection.connection)

    connection_created.connect(note)
    yield opened
    connection_created.disconnect(note)


def in_a_thread(act: Callable[[], Any]) -> Any:
    """Return what `act` returns in a thread of its own, which nobody looks after."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result(60)


# a dead connection is replaced


@on_a_server
@pytest.mark.parametrize("how", SENDING)
def test_a_connection_that_the_server_has_closed_is_replaced(ledger: Any, add: Any, how: str) -> None:
    for _ in range(2):
        end_at_the_server(ledger)
        SENDING[how](add)

    assert len(jobs()) == 2


@on_a_server
def test_it_is_replaced_in_a_thread_too(add: Any) -> None:
    def send() -> None:
        connection = connections[ALIAS]
        end_at_the_server(connection)
        add.delay(1)
        connection.close()

    in_a_thread(send)

    assert len(jobs()) == 1


@on_a_server
def test_it_is_replaced_after_a_statement_of_the_senders_own_has_failed(ledger: Any, add: Any) -> None:
    end_at_the_server(ledger)
    with pytest.raises((DatabaseError, InterfaceError)):
        Job.objects.count()

    add.delay(1)

    assert len(jobs()) == 1


@on_a_server
def test_one_that_is_cut_while_the_row_is_written_is_replaced(ledger: Any, add: Any) -> None:
    with cutting_off(ledger, before=True):
        add.delay(1)

    assert list(jobs().values()) == ["queued"]


@on_a_server
def test_a_row_that_was_written_though_nobody_said_so_is_there_once(ledger: Any, add: Any) -> None:
    with cutting_off(ledger):
        add.delay(1)

    assert list(jobs().values()) == ["queued"]


@on_a_server
def test_a_row_that_was_written_and_has_been_run_meanwhile_is_not_written_again(
    ledger: Any, add: Any
) -> None:
    def run_it() -> None:
        in_a_thread(lambda: (run_next(add.app), connections[ALIAS].close()))

    with cutting_off(ledger, then=run_it):
        result = add.delay(1)

    assert jobs() == {}
    assert result.get(timeout=10) == 1


@on_a_server
def test_an_id_that_was_run_before_may_be_sent_again_over_a_connection_that_dies(
    ledger: Any, add: Any
) -> None:
    add.apply_async([1], task_id="again")
    assert run_next(add.app)
    with ledger.cursor() as cursor:  # an hour ago
        hour = "INTERVAL '1 hour'" if ledger.vendor == "postgresql" else "INTERVAL 1 HOUR"
        cursor.execute(f"UPDATE hardy_run SET enqueued_at = enqueued_at - {hour}")

    with cutting_off(ledger, before=True):
        add.apply_async([1], task_id="again")

    assert list(jobs()) == ["again"]


@on_a_server
def test_a_session_that_only_reads_since_a_failover_is_replaced(ledger: Any, add: Any) -> None:
    mysql = ledger.vendor == "mysql"
    with ledger.cursor() as cursor:
        cursor.execute(
            "SET SESSION TRANSACTION READ ONLY" if mysql else "SET default_transaction_read_only = on"
        )

    add.delay(1)

    assert len(jobs()) == 1


@on_a_server
def test_a_connection_in_a_transaction_is_left_alone(ledger: Any, add: Any) -> None:
    with pytest.raises((DatabaseError, InterfaceError)), transaction.atomic(using=ALIAS):
        end_at_the_server(ledger)
        add.delay(1)

    add.delay(2)

    assert len(jobs()) == 1


@on_a_server
def test_a_connection_cut_in_a_transaction_has_the_caller_know(ledger: Any, add: Any) -> None:
    with pytest.raises((DatabaseError, InterfaceError)), transaction.atomic(using=ALIAS):
        add.delay(1)
        with cutting_off(ledger, before=True):
            add.delay(2)

    assert jobs() == {}


@on_a_server
def test_what_only_the_server_has_to_say_ends_no_connection(ledger: Any, add: Any) -> None:
    """On PostgreSQL there may be a notification to be read."""
    ledger.ensure_connection()
    raw = ledger.connection
    if ledger.vendor == "postgresql":
        with ledger.cursor() as cursor:
            cursor.execute("LISTEN senders")
        with another_session() as cursor:
            cursor.execute("NOTIFY senders")

    add.delay(1)

    assert ledger.connection is raw


@contextmanager
def cutting_off(
    connection: Any, *, before: bool = False, then: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """The network ends while the next job's row is on its way: the statement is lost, or only its answer is."""
    cut: list[bool] = []

    def execute(call: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if cut or "INSERT INTO hardy_job" not in sql:
            return call(sql, params, many, context)
        cut.append(True)
        if not before:
            call(sql, params, many, context)
            then()
        break_off(connection)
        return call("SELECT 1", None, many, context)

    with connection.execute_wrapper(execute):
        yield
    assert cut


# nothing is held


def test_threads_that_have_sent_hold_no_connection(add: Any, opened: list[Any]) -> None:
    sent, may_end = threading.Barrier(16), threading.Event()

    def send() -> None:
        add.delay(1)
        sent.wait(60)
        may_end.wait(60)

    threads = [threading.Thread(target=send, daemon=True) for _ in range(15)]
    for thread in threads:
        thread.start()
    sent.wait(60)

    until(lambda: all(is_closed(raw) for raw in opened), otherwise="they hold connections")
    assert len(opened) == 15
    may_end.set()
    for thread in threads:
        thread.join()
    assert len(jobs()) == 15


def test_a_burst_shares_one_connection(add: Any, opened: list[Any]) -> None:
    def send() -> None:
        for number in range(20):
            add.delay(number)
            assert connections[ALIAS].connection is None

    in_a_thread(send)

    assert len(opened) == 1


def test_a_sending_that_fails_holds_no_connection_either(add: Any, opened: list[Any], settings: Any) -> None:
    settings.HARDY = {**settings.HARDY, "POLICIES": [f"{__name__}.AskAndFail"]}

    def send() -> None:
        with pytest.raises(OperationalError, match="no"):
            add.delay(1)

    in_a_thread(send)

    assert len(opened) == 1
    until(lambda: is_closed(opened[0]))


class AskAndFail(Policy):
    """A policy that uses the database, and then does not send."""

    def around_send(self, call_next: Any, message: Any) -> Any:
        Job.objects.count()
        raise OperationalError("no")


def test_a_connection_that_the_thread_opened_itself_stays(add: Any) -> None:
    def send() -> bool:
        Job.objects.count()
        before = connections[ALIAS].connection
        add.delay(1)
        try:
            return before is not None and connections[ALIAS].connection is before
        finally:
            connections[ALIAS].close()

    assert in_a_thread(send)


def test_a_thread_that_uses_the_database_later_has_one_connection(add: Any, opened: list[Any]) -> None:
    def send() -> None:
        add.delay(1)
        assert Job.objects.count() == 1
        first, second = opened
        assert is_closed(first)
        assert connections[ALIAS].connection is second
        add.delay(2)
        assert connections[ALIAS].connection is second
        connections[ALIAS].close()

    in_a_thread(send)

    assert len(opened) == 2


@on_a_server
def test_a_parked_connection_that_dies_is_replaced(add: Any, opened: list[Any]) -> None:
    def send() -> None:
        add.delay(1)
        connection = connections[ALIAS]
        parking.lot.give_back(connection)
        end_at_the_server(connection)
        parking.lot.park(connection)
        add.delay(2)

    in_a_thread(send)

    assert len(jobs()) == 2


@pytest.mark.parametrize(
    "begin", [lambda: request_started.send(sender=None), tidy_connections], ids=["request", "task"]
)
def test_what_a_request_or_a_task_opened_is_left_to_those_who_look_after_it(add: Any, begin: Any) -> None:
    def send() -> bool:
        begin()
        add.delay(1)
        try:
            return connections[ALIAS].connection is not None
        finally:
            connections[ALIAS].close()

    assert in_a_thread(send)


def test_a_project_that_keeps_its_connections_for_ever_keeps_this_one(
    add: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send() -> bool:
        connections[ALIAS].settings_dict["CONN_MAX_AGE"] = None
        add.delay(1)
        try:
            return connections[ALIAS].connection is not None
        finally:
            connections[ALIAS].close()

    monkeypatch.setitem(connections.settings[ALIAS], "CONN_MAX_AGE", None)
    assert in_a_thread(send)


def is_closed(raw: Any) -> bool:
    """Whether a driver's connection is closed: sqlite3 alone does not say."""
    for name in ("closed", "open"):
        if hasattr(raw, name):
            return bool(getattr(raw, name)) == (name == "closed")
    with suppress(Exception):
        raw.cursor()
        return False
    return True
