from __future__ import annotations

import json
from typing import Any

import pytest
from celery import signals
from django.db import transaction

import hardy
from hardy import events
from hardy.errors import Unsendable
from hardy.ledger.models import Job
from tests.contracts.databases import ALIAS, KINDS
from tests.contracts.draining import drain
from tests.contracts.rows import jobs

everywhere = pytest.mark.parametrize("kind", KINDS, indirect=True)
ROWS = [
    (1,),
    (2, 5),
    {"x": 3},
    ["four"],
    (None, {"deep": ["é", 1.5, "😀", "\ud800"]}),
    ("long " * 500,),
    (10**20, True),
]


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add", time_limit=30)
    def add(x: Any, y: Any = 0) -> str:
        return f"{x} {y}"

    return add


@everywhere
def test_many_rows_of_one_task_all_run(add: Any) -> None:
    ids = hardy.send_many(add, [(number, number + 1) for number in range(2345)])

    assert len(set(ids)) == 2345
    assert set(ids) == set(jobs())
    Job.objects.using(ALIAS).exclude(id__in=[ids[0], ids[1000], ids[2344]]).delete()
    assert drain(add.app) == 3
    assert [add.app.AsyncResult(ids[number]).get() for number in (0, 1000, 2344)] == [
        "0 1",
        "1000 1001",
        "2344 2345",
    ]


def test_each_is_the_message_that_delay_makes(add: Any) -> None:
    many = hardy.send_many(add, ROWS, headers={"tenant": 7}, expires=3600, priority=7)
    single = [
        add.apply_async((), row, headers={"tenant": 7}, expires=3600, priority=7)
        if isinstance(row, dict)
        else add.apply_async(row, headers={"tenant": 7}, expires=3600, priority=7)
        for row in ROWS
    ]

    assert [without_ids(job) for job in many] == [without_ids(result.id) for result in single]


def test_all_or_none_are_sent(add: Any, settings: Any) -> None:
    settings.HARDY = {**settings.HARDY, "MAX_MESSAGE_BYTES": 10_000}

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        hardy.send_many(add, [(1,), (2,), ()])
    with pytest.raises(Unsendable, match="bytes long"):
        hardy.send_many(add, [(1,), ("x" * 20_000,)])
    with pytest.raises(RuntimeError), transaction.atomic(using=ALIAS):
        hardy.send_many(add, [(1,), (2,)])
        raise RuntimeError

    assert jobs() == {}


def test_no_rows_are_no_jobs(add: Any) -> None:
    assert hardy.send_many(add, []) == []
    assert hardy.send_many(add, iter(())) == []


@pytest.mark.parametrize("row", [5, "text", None, {1}])
def test_a_row_that_is_no_arguments_is_refused(add: Any, row: Any) -> None:
    with pytest.raises(TypeError, match="a row is a list or tuple"):
        hardy.send_many(add, [(1,), row])

    assert jobs() == {}


def test_what_is_about_one_message_is_refused(add: Any) -> None:
    with pytest.raises(TypeError, match="task_id= is about one message"):
        hardy.send_many(add, [(1,)], task_id="mine")


@everywhere
def test_a_countdown_holds_for_all_of_them(add: Any) -> None:
    hardy.send_many(add, [(1,), (2,), (3,)], countdown=60)

    assert {
        (job.state, round((job.due_at - job.enqueued_at).total_seconds())) for job in Job.objects.using(ALIAS)
    } == {("held", 60)}


def test_a_signal_sees_each_message_and_what_it_changes_counts(add: Any) -> None:
    def stamp(body: Any, headers: dict[str, Any], **_: Any) -> None:
        headers["x-first-argument"] = body[0][0]

    signals.before_task_publish.connect(stamp)
    try:
        hardy.send_many(add, [(1,), (2,), (3,)])
    finally:
        signals.before_task_publish.disconnect(stamp)

    assert {headers_of(job)["x-first-argument"] for job in Job.objects.using(ALIAS)} == {1, 2, 3}


def test_a_router_that_reads_arguments_is_asked_each_time(add: Any) -> None:
    def by_argument(name: str, args: Any, kwargs: Any, options: Any, **_: Any) -> dict[str, str]:
        return {"queue": f"shard-{args[0] % 2}"}

    add.app.conf.task_routes = (by_argument,)

    hardy.send_many(add, [(number,) for number in range(4)])

    assert sorted(job.queue for job in Job.objects.using(ALIAS)) == [
        "shard-0",
        "shard-0",
        "shard-1",
        "shard-1",
    ]


def test_each_job_is_an_event(add: Any) -> None:
    heard: list[str] = []

    def note(job: str, **_: Any) -> None:
        heard.append(job)

    events.job_enqueued.connect(note)
    try:
        ids = hardy.send_many(add, [(1,), (2,)])
    finally:
        events.job_enqueued.disconnect(note)

    assert heard == ids


def test_an_eager_app_runs_them_here(add: Any) -> None:
    add.app.conf.task_always_eager = True

    assert len(hardy.send_many(add, [(1,), (2,)])) == 2
    assert jobs() == {}


def without_ids(job: str) -> dict[str, Any]:
    """The job's row and message, with its id replaced wherever it stands and without times."""
    row = Job.objects.using(ALIAS).get(id=job)
    message = json.loads(row.message.replace(job, "ID"))
    message["headers"].pop("expires")
    message["body"] = json.loads(message["body"])
    return {
        "message": message,
        "task": row.task,
        "queue": row.queue,
        "priority": row.priority,
        "state": row.state,
    }


def headers_of(job: Job) -> dict[str, Any]:
    headers: dict[str, Any] = json.loads(job.message)["headers"]
    return headers
