"""What a run says of where it came from and what it took, on each database and however it ended."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Annotated, Any

import pytest
from celery import chain, group
from django.db import connections

import hardy
from hardy.ledger.cancellation import cancel
from hardy.ledger.enqueue import enqueue, enqueue_many
from hardy.ledger.finish import finish, put_back
from hardy.ledger.models import Job, Run
from hardy.ledger.record import ORIGIN, Origin, Usage
from hardy.ledger.recovery import rescue
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import (
    SUCCEEDED,
    holder,
    job_message,
    started,
    the_job,
    the_run,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("app")

ORIGIN_OF_IT = Origin(
    "root-1", "parent-1", "group-1", "nightly", "request-1", "7", '{"order_id": 42}', "order:42"
)


def sent(id: str = "job-1") -> str:
    assert enqueue(replace(job_message(id), origin=ORIGIN_OF_IT))
    return id


def origin(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ORIGIN}


def test_a_jobs_row_says_where_it_came_from_and_its_run_takes_that_over():
    sent()
    assert origin(the_job()) == ORIGIN_OF_IT.fields()

    usage = Usage("1.2.0", 0.25, 4096, 3, 0.5)
    finish(holder(started()), replace(SUCCEEDED, usage=usage))

    run = the_run()
    assert origin(run) == ORIGIN_OF_IT.fields()
    assert {name: getattr(run, name) for name in usage.fields()} == usage.fields()


def test_many_at_once_say_it_too():
    enqueue_many([(replace(job_message(id), origin=ORIGIN_OF_IT), 0.0) for id in ("a", "b")])

    assert [origin(the_job(id)) for id in ("a", "b")] == [ORIGIN_OF_IT.fields()] * 2


def test_so_do_attempts_that_no_body_ended():
    for id in ("cancelled", "crashed"):
        sent(id)

    attempt = started("crashed")
    rescue(holder(attempt))
    cancel(["cancelled"])

    for id in ("cancelled", "crashed"):
        run = the_run(id)
        assert origin(run) == ORIGIN_OF_IT.fields()
        assert (run.release, run.cpu_seconds, run.queries) == ("", None, None)


def test_a_retry_may_be_about_something_else():
    sent()
    again = replace(job_message(), origin=Origin(arguments='{"order_id": 43}', tag="order:43"))

    put_back(holder(started()), SUCCEEDED, again, 0.0)

    assert (the_job().arguments, the_job().tag, the_job().root) == ('{"order_id": 43}', "order:43", "root-1")
    assert (the_run().arguments, the_run().tag) == ('{"order_id": 42}', "order:42")


def test_rows_that_name_none_of_it_are_filled_in_by_the_database(ledger):
    columns = (
        "id, task, queue, state, priority, token, attempts, crashes, worker, message, enqueued_at, due_at"
    )
    row = "'by-hand', 't', 'q', 'queued', 0, 0, 0, 0, '', '{}', '2024-01-01 00:00:00', '2024-01-01 00:00:00'"
    with ledger.cursor() as cursor:
        cursor.execute(f"INSERT INTO hardy_job ({columns}) VALUES ({row})")

    assert origin(the_job("by-hand")) == Origin().fields()


# through Celery's own tracer


@pytest.fixture
def charge(app: Any) -> Any:
    @app.task(name="shop.charge")
    def charge(order_id, card: Annotated[str, hardy.Redacted] = "", times=0):
        for _ in range(times):
            Job.objects.using(ALIAS).count()
        return order_id

    return charge


def test_an_attempt_is_measured(app, charge, settings):
    settings.HARDY = {"DATABASE": ALIAS, "RELEASE": "2026.11"}
    charge.delay(42, "4242", times=3)

    drain(app)

    run = Run.objects.get()
    assert json.loads(run.arguments) == {"order_id": 42, "card": "[redacted]", "times": 3}
    assert "4242" not in run.arguments
    assert (run.queries, run.release, run.tag) == (3, "2026.11", "order:42")
    assert run.cpu_seconds > 0 and run.query_seconds > 0 and run.memory_growth >= 0


def test_what_is_switched_off_is_not_there(app, charge, settings):
    settings.HARDY = {"DATABASE": ALIAS, "RECORD": []}
    charge.delay(42, times=1)

    drain(app)

    run = Run.objects.get()
    assert (run.arguments, run.tag, run.queries) == ("", None, None)
    assert (run.cpu_seconds, run.memory_growth, run.query_seconds) == (None, None, None)


def test_a_failed_attempt_is_measured_as_well(app):
    @app.task(name="shop.fail")
    def fail(order_id):
        Job.objects.using(ALIAS).count()
        raise ValueError(order_id)

    fail.delay(42)
    drain(app)

    run = Run.objects.get()
    assert (run.outcome, run.queries, json.loads(run.arguments)) == ("failed", 1, {"order_id": 42})


def test_hardys_own_queries_are_not_the_bodys(app, charge):
    charge.delay(42)
    drain(app)

    assert Run.objects.get().queries == 0


def test_a_wrapper_that_a_body_puts_on_for_a_while_takes_itself_off_again(app):
    seen: list[str] = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    @app.task(name="shop.watch")
    def watch():
        with connections[ALIAS].execute_wrapper(note):
            Job.objects.using(ALIAS).count()
        Job.objects.using(ALIAS).exists()

    for _ in range(2):
        watch.delay()
    drain(app)

    assert [run.queries for run in Run.objects.all()] == [2, 2]
    assert len(seen) == 2


def test_what_a_task_sends_has_its_root_and_its_cause(app, charge):
    @app.task(name="shop.place")
    def place(order_id):
        charge.delay(order_id)

    with hardy.caused_by(user=7, request="r-1"):
        asked = place.delay(42)
    drain(app)

    first, second = Run.objects.order_by("id")
    assert (first.root, first.parent, first.request_id, first.user_id) == ("", "", "r-1", "7")
    assert (second.root, second.parent) == (asked.id, asked.id)
    assert (second.request_id, second.user_id) == ("r-1", "7")


def test_every_part_of_a_workflow_has_the_cause_of_the_whole(app, charge):
    with hardy.caused_by(request="r-1"):
        chain(charge.s(1), charge.s(), group(charge.s(), charge.s())).delay()
    drain(app)

    runs = Run.objects.order_by("id")
    assert [run.request_id for run in runs] == ["r-1"] * 4
    assert len({run.root or run.job for run in runs}) == 1
    assert [bool(run.group_id) for run in runs] == [False, False, True, True]


def test_outside_of_a_request_nobody_is_said_to_have_caused_it(app, charge):
    charge.delay(1)

    assert (the_job(Job.objects.get().id).request_id, Job.objects.get().user_id) == ("", "")


def test_a_retry_keeps_what_its_job_came_from(app):
    @app.task(name="shop.fetch", bind=True)
    def fetch(self, order_id):
        if not self.request.retries:
            raise self.retry(countdown=0)

    with hardy.caused_by(user=7):
        fetch.delay(42)
    drain(app)

    assert [(run.user_id, run.tag) for run in Run.objects.all()] == [("7", "order:42")] * 2


@pytest.mark.parametrize(
    "header", ["nonsense", 5, ["a"], {"request": {"a": 1}, "user": "x" * 999}, {"user": "\x00"}]
)
def test_a_header_that_a_stranger_has_written_costs_no_task(app, charge, header):
    charge.apply_async([1], headers={"hardy_cause": header, "periodic_task_name": ["odd"]})

    assert drain(app) == 1
    assert Run.objects.get().outcome == "succeeded"
    assert len(Run.objects.get().user_id) <= 255


def test_what_is_sent_in_bulk_keeps_the_arguments_of_each(app, charge):
    with hardy.caused_by(user=7):
        hardy.send_many(charge, [(1, "4242"), (2, "4343"), {"order_id": 3}])

    jobs = Job.objects.order_by("tag")
    assert [job.tag for job in jobs] == ["order:1", "order:2", "order:3"]
    assert [json.loads(job.arguments)["order_id"] for job in jobs] == [1, 2, 3]
    assert {job.user_id for job in jobs} == {"7"}
    assert "4343" not in "".join(job.arguments for job in jobs)


def test_the_columns_are_those_of_the_models():
    columns = {field.column for field in Run._meta.concrete_fields}

    assert set(ORIGIN) <= columns & {field.column for field in Job._meta.concrete_fields}
    assert {field.name for field in fields(Usage)} <= {field.name for field in Run._meta.concrete_fields}
