"""Sending from an event loop: in plain coroutines, in asynchronous views, in ``async def`` tasks."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import celery
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from celery.signals import before_task_publish
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections, transaction
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient
from django.urls import path
from kombu.exceptions import EncodeError

from hardy import Policy, event_loop, parking
from hardy.ledger.models import Job
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain, run_next
from tests.contracts.rows import jobs


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add")
    def add(x=0, y=0):
        return x + y

    return add


@pytest.fixture(autouse=True)
def nothing_left_behind(app: Any) -> Iterator[None]:
    """The thread of asynchronous queries outlives a test, and so does its connection to the test's database."""
    yield
    asyncio.run(sync_to_async(forget_connection)())


def forget_connection() -> None:
    connections[ALIAS].close()
    del connections[ALIAS]


async def adelay(task: Any) -> Any:
    return await task.adelay(1)


async def delay(task: Any) -> Any:
    return task.delay(1)


both = pytest.mark.parametrize("send", [delay, adelay])


async def sent(send: Callable[[], Any]) -> Any:
    return send()


SYNCHRONOUS = {
    "delay": lambda add: add.delay(1),
    "apply_async": lambda add: add.apply_async([1], countdown=0),
    "signature": lambda add: add.s(1).delay(),
    "by name": lambda add: add.app.send_task("shop.add", [1]),
    "group": lambda add: celery.group(add.s(1)).delay(),
    "chain": lambda add: celery.chain(add.s(1), add.s(2)).delay(),
    "chord": lambda add: celery.chord([add.s(1)], add.si(2)).delay(),
}


@pytest.mark.parametrize("how", SYNCHRONOUS)
def test_every_way_of_sending_works_on_a_running_loop(add, how):
    asyncio.run(sent(lambda: SYNCHRONOUS[how](add)))

    assert list(jobs().values()) == ["queued"]


def test_sending_can_be_awaited_and_answers_with_the_result(add):
    async def main() -> list[Any]:
        return [
            await add.adelay(1, y=2),
            await add.aapply_async([3], {"y": 4}, task_id="mine", countdown=60),
        ]

    first, second = asyncio.run(main())

    assert jobs() == {first.id: "queued", "mine": "held"}
    assert second.id == "mine"
    drain(add.app)
    assert first.get(timeout=10) == 3


def test_the_loop_goes_on_while_a_task_is_sent_and_awaited(add):
    has_gone_on = threading.Event()

    def wait_for_the_loop(**_: Any) -> None:
        assert has_gone_on.wait(30)

    async def main() -> None:
        async def go_on() -> None:
            has_gone_on.set()

        await asyncio.gather(add.adelay(1), go_on())

    before_task_publish.connect(wait_for_the_loop)
    try:
        asyncio.run(main())
    finally:
        before_task_publish.disconnect(wait_for_the_loop)

    assert len(jobs()) == 1


def test_the_loop_is_there_again_and_django_as_strict_as_before(add):
    async def main() -> None:
        loop = asyncio.get_running_loop()
        add.delay(1)
        with suppress(EncodeError):
            add.delay(object())
        assert asyncio.get_running_loop() is loop
        with pytest.raises(SynchronousOnlyOperation):
            Job.objects.count()
        await asyncio.sleep(0)

    asyncio.run(main())


class Looking(Policy):
    """A policy that asks the database when a task is sent."""

    def around_send(self, call_next: Any, message: Any) -> Any:
        message.options["priority"] = Job.objects.count()
        return call_next()


@both
def test_policies_may_use_the_database(add, send, settings):
    settings.HARDY = {**settings.HARDY, "POLICIES": [f"{__name__}.Looking", "hardy.worker.policy.Ledger"]}
    add.delay()

    asyncio.run(send(add))

    assert sorted(Job.objects.values_list("priority", flat=True)) == [0, 1]


# transactions


class Undone(Exception):
    """What rolls a transaction back."""


def test_the_transaction_of_the_loops_own_thread_has_the_row(add):
    with suppress(Undone), transaction.atomic(using=ALIAS):
        asyncio.run(delay(add))
        assert len(jobs()) == 1
        raise Undone

    assert jobs() == {}


@both
@pytest.mark.parametrize("undone", [True, False])
def test_the_transaction_of_the_code_that_waits_for_the_coroutine_has_the_row(add, send, undone):
    with suppress(Undone), transaction.atomic(using=ALIAS):
        async_to_sync(send)(add)
        assert len(jobs()) == 1
        if undone:
            raise Undone

    assert len(jobs()) == (0 if undone else 1)


@both
def test_a_transaction_in_a_thread_of_the_loop_has_the_row(add, send):
    def order() -> None:
        with suppress(Undone), transaction.atomic(using=ALIAS):
            add.delay(1)
            async_to_sync(send)(add)
            assert len(jobs()) == 2
            raise Undone

    asyncio.run(sync_to_async(order)())

    assert jobs() == {}


CALLER: ContextVar[str] = ContextVar("caller", default="nobody")


@both
def test_what_is_sent_by_another_thread_is_sent_in_the_context_of_the_coroutine(add, send):
    seen = []

    def look(**_: Any) -> None:
        seen.append(CALLER.get())

    async def main() -> None:
        CALLER.set("the coroutine")
        await send(add)

    before_task_publish.connect(look)
    try:
        async_to_sync(main)()
    finally:
        before_task_publish.disconnect(look)

    assert seen == ["the coroutine"]


def test_a_thread_that_waits_for_the_loop_itself_is_not_waited_for(add, monkeypatch):
    monkeypatch.setattr(event_loop, "LONGEST_WAIT", 0.01)
    is_busy, has_sent = threading.Event(), threading.Event()

    def be_busy() -> bool:
        is_busy.set()
        return has_sent.wait(30)

    async def main() -> bool:
        busy = asyncio.ensure_future(sync_to_async(be_busy)())
        await asyncio.to_thread(is_busy.wait, 30)
        add.delay(1)
        has_sent.set()
        return await busy

    assert async_to_sync(main)() is True
    assert len(jobs()) == 1


# connections


def test_a_connection_that_was_opened_for_the_loop_is_closed_in_time(add):
    opened = []

    def note(connection: Any, **_: Any) -> None:
        opened.append(connection.connection)

    async def main() -> None:
        add.delay(1)
        add.delay(2)
        assert len(opened) == 1
        while parking.lot.parked:
            await asyncio.sleep(0.01)
        add.delay(3)

    connection_created.connect(note)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, main()).result(30)
    finally:
        connection_created.disconnect(note)

    assert len(opened) == 2
    assert len(jobs()) == 3


def test_where_django_is_told_to_allow_it_the_row_is_in_the_coroutines_own_transaction(add, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")

    async def main() -> None:
        with suppress(Undone), transaction.atomic(using=ALIAS):
            add.delay(1)
            assert len(jobs()) == 1
            raise Undone
        connections[ALIAS].close()

    asyncio.run(main())

    assert jobs() == {}


def test_a_connection_that_was_open_is_left_alone(add, ledger):
    ledger.ensure_connection()
    before = ledger.connection

    async def main() -> None:
        add.delay(1)
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(main())

    assert ledger.connection is before


# where coroutines come from


async def order_view(request: HttpRequest) -> HttpResponse:
    task = celery.current_app.tasks["shop.add"]
    ids = [task.delay(1).id, (await task.adelay(2)).id]
    return HttpResponse(json.dumps(ids))


urlpatterns = [path("order", order_view)]


@pytest.fixture
def site(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []


def test_an_asynchronous_view_sends(add, site):
    response = asyncio.run(ask())

    assert sorted(json.loads(response.content)) == sorted(jobs())


def test_what_a_view_sends_belongs_to_the_transaction_of_a_test(add, site):
    with transaction.atomic(using=ALIAS):
        response = async_to_sync(ask)()
        assert len(jobs()) == 2
        transaction.set_rollback(True, using=ALIAS)

    assert response.status_code == 200
    assert jobs() == {}


async def ask() -> Any:
    return await AsyncClient().get("/order")


def test_what_a_coroutine_of_a_worker_sends_is_its_child(add):
    @add.app.task(name="shop.parent")
    async def parent() -> None:
        add.delay(1)
        await add.adelay(2)

    root = parent.delay().id

    assert run_next(add.app)

    headers = [
        json.loads(text)["headers"]
        for text in Job.objects.order_by("due_at").values_list("message", flat=True)
    ]
    assert [(header["parent_id"], header["root_id"]) for header in headers] == [(root, root)] * 2


def test_an_atomic_coroutine_that_fails_has_sent_nothing(add):
    @add.app.task(name="shop.parent", atomic=True)
    async def parent() -> None:
        add.delay(1)
        await add.adelay(2)
        raise Undone

    parent.delay()

    assert run_next(add.app)
    assert jobs() == {}


def test_a_task_is_revoked_from_a_running_loop(add):
    waiting = add.apply_async([1], countdown=60)

    asyncio.run(sent(lambda: add.app.control.revoke(waiting.id)))

    assert jobs() == {}


def test_workers_are_asked_from_a_running_loop(add):
    assert asyncio.run(sent(lambda: add.app.control.ping(timeout=0.01))) == []
