"""An open transaction of hours keeps all that was taken meanwhile in front of what waits: one begins behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from hardy.ledger.models import Job
from hardy.ledger.reserve import Reserved, reserve
from hardy.transport import bookmarks
from hardy.transport.bookmarks import Bookmarks
from tests.contracts.databases import ALIAS, only
from tests.contracts.rows import WORKER, asked, make_due, reserved

pytestmark = pytest.mark.usefixtures("app")

#: Jobs that were taken and are gone, for all but the old transaction.
TAKEN = 20_000


@contextmanager
def an_old_snapshot(ledger: Any) -> Iterator[None]:
    with psycopg.connect(**ledger.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT count(*) FROM hardy_job")
        yield
        other.rollback()


def take_many(ledger: Any, priority: int = 0) -> None:
    """Write jobs that have waited for long, and delete them, as their ends do."""
    asked("many", priority=priority)
    make_due("many", 1000)
    columns = ", ".join(field.column for field in Job._meta.concrete_fields if field.column != "id")
    with ledger.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO hardy_job (id, {columns}) SELECT 'many' || n, {columns}"
            " FROM hardy_job, generate_series(1, %s) n WHERE id = 'many'",
            [TAKEN],
        )
        cursor.execute("DELETE FROM hardy_job WHERE id LIKE 'many%%'")


def pages_read(ledger: Any, begin: Any) -> int:
    """How many pages of the table and its indexes one reservation reads."""
    with transaction.atomic(using=ALIAS):
        with CaptureQueriesContext(ledger) as said:
            reserve(WORKER, ["default"], 4, begin)
        transaction.set_rollback(True, using=ALIAS)
    statement = said.captured_queries[-2]["sql"] if len(said) > 1 else said.captured_queries[-1]["sql"]
    with transaction.atomic(using=ALIAS), ledger.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        [answer] = cursor.fetchone()
        transaction.set_rollback(True, using=ALIAS)
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@only("postgresql")
def test_what_was_taken_meanwhile_is_not_read_again(ledger):
    with ledger.cursor() as cursor:
        cursor.execute("VACUUM hardy_job")  # of what other tests have left
    with an_old_snapshot(ledger):
        take_many(ledger)
        for number in range(3):
            asked(f"waits {number}")
        asked("first")
        make_due("first", 100)
        [first] = reserved(limit=1)
        assert first.id == "first"

        from_the_front, from_the_bookmark = pages_read(ledger, {}), pages_read(ledger, places(first))

    assert from_the_front > 10 * from_the_bookmark
    assert from_the_bookmark < 100


def places(*rows: Reserved) -> dict[str, dict[int, Any]]:
    marks: dict[str, dict[int, Any]] = {}
    for row in rows:
        marks.setdefault(row.queue, {})[row.priority] = row.due_at
    return marks


def waiting_in_two_queues() -> None:
    for queue in ("a", "b"):
        for priority in (0, 3, 9):
            for number in range(3):
                id = asked(f"{queue}{priority}{number}", queue=queue, priority=priority)
                make_due(id, 100 - number)


def test_with_bookmarks_rows_come_in_the_same_order(ledger):
    waiting_in_two_queues()
    expected = [row.id for row in taken_and_put_back(18)]
    begin = places(*taken_and_put_back(2))  # the first of the most urgent in each queue

    with transaction.atomic(using=ALIAS):
        rows = reserve(WORKER, ["a", "b"], 18, begin)
        transaction.set_rollback(True, using=ALIAS)

    assert [row.id for row in rows] == expected


def taken_and_put_back(limit: int) -> Sequence[Reserved]:
    with transaction.atomic(using=ALIAS):
        rows = reserve(WORKER, ["a", "b"], limit)
        transaction.set_rollback(True, using=ALIAS)
    return rows


def test_more_and_less_urgent_rows_than_those_that_were_taken_are_found(ledger):
    asked("middle", priority=3)
    [middle] = reserved(limit=1)
    for id, priority in (("urgent", 9), ("next", 3), ("low", 0)):
        asked(id, priority=priority)

    rows = reserve(WORKER, ["default"], 10, places(middle))

    assert [row.id for row in rows] == ["urgent", "next", "low"]


@only("postgresql")
def test_a_row_that_became_due_before_the_bookmark_is_left_to_the_look_from_the_front(ledger):
    asked("taken")
    [taken] = reserved()
    asked("late")
    make_due("late", 100)

    assert reserve(WORKER, ["default"], 10, places(taken)) == []
    assert [row.id for row in reserved()] == ["late"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@only("postgresql")
def test_one_begins_at_a_bookmark_where_the_front_is_slow_and_looks_there_now_and_then(ledger, clock):
    asked("taken")
    marks, rows = Bookmarks(clock), reserved()

    marks.read(marks.begin(), rows, seconds=bookmarks.SLOW / 2)
    assert not marks.begin()
    marks.read(marks.begin(), rows, seconds=bookmarks.SLOW * 2)
    assert marks.begin() == places(*rows)
    clock.now += bookmarks.PAUSE
    assert not marks.begin()
    marks.read(marks.begin(), [], seconds=1.0)
    clock.now += 1.0 / bookmarks.SHARE - 1
    assert marks.begin() == places(*rows)
    marks.forget()
    assert not marks.begin()
