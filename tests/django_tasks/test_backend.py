"""What ``django.tasks`` promises of a backend, kept by the ledger."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from hardy.django_tasks.duties import PruneCalls
from hardy.django_tasks.models import TaskCall
from hardy.ledger.models import DeadLetter, Job, Run
from tests.contracts.databases import only

api = pytest.importorskip(
    "hardy.django_tasks.api", reason="needs Django 6, or: pip install django-tasks", exc_type=ImportError
)
Status = api.TaskResultStatus


@pytest.fixture
def told(jobs):
    """The signals that were sent: name and status."""
    heard = []
    receivers = {
        name: (lambda sender, task_result, name=name, **_: heard.append((name, task_result.status)))
        for name in ("task_enqueued", "task_started", "task_finished")
    }
    for name, receiver in receivers.items():
        getattr(api.signals, name).connect(receiver)
    yield heard
    for name, receiver in receivers.items():
        getattr(api.signals, name).disconnect(receiver)


@pytest.mark.parametrize("name", ["noop", "noop_async"])
def test_a_task_is_a_job_that_a_worker_runs(jobs, tasks, name):
    task = getattr(tasks, name)
    result = task.enqueue(1, two=3)

    assert (result.status, result.is_finished, result.attempts) == (Status.READY, False, 0)
    assert (result.args, result.kwargs, result.task) == ([1], {"two": 3}, task)
    jobs.assert_enqueued(task.module_path, args=[1], kwargs={"two": 3}, queue="celery")
    jobs.drain()
    result.refresh()

    assert (result.status, result.is_finished, result.attempts) == (Status.SUCCESSFUL, True, 1)
    assert result.return_value is None
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert result.last_attempted_at == result.started_at
    assert (result.args, result.kwargs, result.errors) == ([1], {"two": 3}, [])


def test_a_value_comes_back(jobs, tasks):
    result = tasks.meaning_of_life.enqueue()
    with pytest.raises(ValueError, match="not finished"):
        result.return_value  # noqa: B018 - it raises
    jobs.drain()

    assert tasks.meaning_of_life.get_result(result.id).return_value == 42


def test_a_failure_is_a_result_and_a_dead_letter(jobs, tasks):
    result = tasks.fails.enqueue()
    jobs.drain(raising=False)
    result.refresh()

    assert result.status == Status.FAILED
    with pytest.raises(ValueError, match="failed"):
        result.return_value  # noqa: B018 - it raises
    [error] = result.errors
    assert error.exception_class is ValueError
    assert error.traceback.endswith("ValueError: This Task failed due to ValueError\n")
    assert DeadLetter.objects.get().task == "tests.django_tasks.tasks.fails"


def test_what_json_cannot_carry_is_refused_on_both_ways(jobs, tasks):
    with pytest.raises(TypeError, match="Unsupported type"):
        tasks.noop.enqueue(datetime.now(UTC))
    jobs.refute_enqueued()
    assert not TaskCall.objects.exists()

    result = tasks.unserialisable.enqueue()
    jobs.drain(raising=False)
    result.refresh()

    assert (result.status, result.errors[0].exception_class) == (Status.FAILED, TypeError)


def test_a_task_that_takes_its_context_gets_it(jobs, tasks):
    result = tasks.tell.enqueue("hello\x00")
    jobs.drain()
    result.refresh()

    assert result.return_value == [result.id, 1, "hello\x00"]


def test_run_after_is_kept(jobs, tasks):
    tomorrow = jobs.freeze() + timedelta(days=1)
    result = tasks.tell.using(run_after=tomorrow).enqueue("later")
    jobs.drain()
    assert (tasks.said, tasks.tell.get_result(result.id).status) == ([], Status.READY)

    jobs.advance(days=1)
    jobs.drain()

    assert tasks.said == ["later"]
    assert tasks.tell.get_result(result.id).task.run_after == tomorrow


def test_priority_is_the_ledgers(jobs, tasks):
    for priority in (-100, 100, 0, 50):
        tasks.tell.using(priority=priority).enqueue(str(priority))
    jobs.drain()

    assert tasks.said == ["100", "50", "0", "-100"]
    from hardy.django_tasks.backend import priority_of

    assert [priority_of(tasks.noop.using(priority=given)) for given in (-100, 0, 100)] == [0, 4, 9]


def test_queues_are_checked_and_used(jobs, tasks, task_settings):
    tasks.noop.using(queue_name="mail").enqueue()
    jobs.assert_enqueued(tasks.noop.module_path, queue="mail")

    task_settings(default={"BACKEND": "hardy.django_tasks.HardyBackend", "QUEUES": ["default"]})

    with pytest.raises(Exception, match=r"Queue 'mail' is not valid for backend"):
        tasks.noop.using(queue_name="mail")


def test_a_rollback_leaves_neither_job_nor_result(jobs, tasks):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="ledger"):
        result = tasks.noop.enqueue()
        raise ZeroDivisionError

    jobs.refute_enqueued()
    with pytest.raises(api.TaskResultDoesNotExist):
        tasks.noop.get_result(result.id)


def test_results_are_found_by_their_own_task_and_backend_only(jobs, tasks, task_settings):
    result = tasks.noop.enqueue()

    assert tasks.noop.get_result(result.id).id == result.id
    with pytest.raises(Exception, match="Task does not match"):
        tasks.fails.get_result(result.id)
    for unknown in ("123", 123):
        with pytest.raises(api.TaskResultDoesNotExist):
            tasks.noop.get_backend().get_result(unknown)


def test_signals_tell_of_each_step_once(jobs, tasks, told):
    tasks.meaning_of_life.enqueue()
    jobs.drain()
    tasks.fails.enqueue()
    jobs.drain(raising=False)

    assert told == [
        ("task_enqueued", Status.READY),
        ("task_started", Status.RUNNING),
        ("task_finished", Status.SUCCESSFUL),
        ("task_enqueued", Status.READY),
        ("task_started", Status.RUNNING),
        ("task_finished", Status.FAILED),
    ]


def test_a_task_that_was_killed_is_told_every_attempt(jobs, tasks):
    result = tasks.tell.enqueue("again")
    from hardy.testing.idempotence import killed_after_the_body

    with killed_after_the_body(jobs.app.tasks[tasks.tell.module_path]):
        jobs._drain.attempt(jobs._drain.next_row())
    jobs.drain()
    result.refresh()

    assert (result.status, result.attempts, result.return_value[1]) == (Status.SUCCESSFUL, 2, 2)
    assert result.errors[0].exception_class.__name__ == "WorkerLostError"


@only("sqlite")
def test_the_coroutine_api_is_there(jobs, tasks):
    @async_to_sync
    async def use():
        result = await tasks.meaning_of_life.aenqueue()
        return await tasks.meaning_of_life.aget_result(result.id)

    # Django's async adapters work in the thread of the caller, and so on this ledger.
    assert use().status == Status.READY


def test_a_task_is_enqueued_from_a_running_loop(jobs, tasks):
    async def use():
        return tasks.meaning_of_life.enqueue()

    result = asyncio.run(use())
    jobs.drain()
    result.refresh()

    assert result.return_value == 42


@only("sqlite")
def test_eager_tasks_are_finished_when_they_return(app, task_settings, tasks):
    app.conf.task_always_eager = True
    try:
        done, failed = tasks.meaning_of_life.enqueue(), tasks.fails.enqueue()
    finally:
        app.conf.task_always_eager = False

    assert (done.status, done.return_value, failed.status) == (Status.SUCCESSFUL, 42, Status.FAILED)


@only("sqlite")
def test_a_call_is_forgotten_with_its_history(jobs, tasks):
    tasks.noop.enqueue()
    jobs.drain()
    tasks.noop.enqueue()
    jobs.advance(days=60)
    assert PruneCalls().tick() == 0

    Run.objects.all().delete()

    assert (PruneCalls().tick(), TaskCall.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_the_backend_says_what_it_can():
    from hardy.django_tasks import HardyBackend

    assert HardyBackend.supports_defer
    assert HardyBackend.supports_async_task
    assert HardyBackend.supports_get_result
    assert HardyBackend.supports_priority
