"""Rows written beside the end of an attempt: with it or not at all, on every database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django_celery_results.models import TaskResult

from hardy.db.dialect import dialect_of
from hardy.db.upsert import Upsert
from hardy.ledger.finish import End, finish
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import holder, outcomes, started


def result(job: str, status: str = "SUCCESS") -> Upsert:
    return Upsert.of(TaskResult(task_id=job, status=status), ALIAS, unique=["task_id"], kept=["date_created"])


def statuses() -> list[str]:
    return list(TaskResult.objects.using(ALIAS).values_list("status", flat=True))


def test_a_row_beside_an_end_is_written_with_it(ledger):
    attempt = started()

    assert finish(holder(attempt), End("succeeded", extra_rows=(result(attempt.job),)))

    assert statuses() == ["SUCCESS"]
    assert outcomes() == ["succeeded"]


def test_a_row_beside_an_end_that_came_too_late_is_not_written(ledger):
    attempt = started()
    assert finish(holder(attempt), End("succeeded"))

    assert not finish(holder(attempt), End("failed", extra_rows=(result(attempt.job, "FAILURE"),)))

    assert statuses() == []


def test_a_row_that_the_database_refuses_undoes_the_end(ledger):
    attempt = started()
    refused = result(attempt.job, status=None)

    with pytest.raises(Exception, match=r"(?i)null"):
        finish(holder(attempt), End("succeeded", extra_rows=(refused,)))

    assert outcomes() == []


def test_a_row_with_the_same_key_is_written_over_but_for_what_is_kept(ledger):
    result("job-1", "FAILURE")()
    first = TaskResult.objects.using(ALIAS).get()

    result("job-1")()

    second = TaskResult.objects.using(ALIAS).get()
    assert (second.pk, second.date_created, second.status) == (first.pk, first.date_created, "SUCCESS")
    assert second.date_done > first.date_done


def test_of_two_results_of_one_attempt_the_last_counts(app):
    def say_more(task: Any, *_: Any) -> None:
        task.update_state(state="SHIPPED")

    @app.task(name="shop.ship", after_return=say_more)
    def ship() -> None: ...

    asked = ship.delay()
    drain(app)

    assert statuses() == ["SHIPPED"]
    assert asked.state == "SHIPPED"


def test_the_row_and_the_end_are_one_statement_where_a_database_can_move_rows(ledger):
    attempt = started()
    statements: list[str] = []

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connections[ALIAS].execute_wrapper(listen):
        finish(holder(attempt), End("succeeded", extra_rows=(result(attempt.job),)))

    assert (len(statements) == 1) is dialect_of(ledger).moves_rows
