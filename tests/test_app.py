from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

import celery
import pytest
from django_celery_results.backends.database import DatabaseBackend as StockBackend

import hardy
from hardy import awaiting
from hardy.ledger.models import Job
from hardy.records.results import DatabaseBackend
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import outcomes


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def no_loop_is_left_open():
    yield
    loop = getattr(awaiting._loops, "loop", None)
    if loop is not None:
        loop.close()


def three() -> int:
    return 3


def test_celerys_positional_arguments_of_send_task_keep_their_places(app):
    asked = app.send_task("shop.add", (1, 2), {"z": 3}, 3600, None, "job-1")

    job = Job.objects.using(ALIAS).get()
    assert (asked.id, job.id, job.state) == ("job-1", "job-1", "held")


@pytest.mark.parametrize("name", ["django-db", "hardy.records.results.DatabaseBackend"])
def test_the_django_backend_is_hardys_which_is_still_the_stock_ones_kind(name):
    made = hardy.Celery("results", backend=name, set_as_current=False)

    assert type(made.backend) is DatabaseBackend
    assert isinstance(made.backend, StockBackend)


def test_another_result_backend_stays_what_it_is():
    made = hardy.Celery("results", backend="cache+memory://", set_as_current=False)

    assert type(made.backend).__module__.startswith("celery.backends")


def test_an_async_task_is_awaited(app):
    @app.task(name="shop.fetch")
    async def fetch(x):
        await asyncio.sleep(0)
        return x + 1

    asked = fetch.delay(41)
    drain(app)

    assert asked.result == 42
    assert outcomes(asked.id) == ["succeeded"]


def test_async_tasks_share_a_loop_so_that_their_clients_stay_connected(app):
    loops: list[Any] = []

    @app.task(name="shop.look")
    async def look():
        loops.append(asyncio.get_running_loop())

    look.delay()
    look.delay()
    drain(app)

    assert loops[0] is loops[1]


def test_an_async_task_that_fails_has_failed(app):
    @app.task(name="shop.fail")
    async def fail():
        raise ValueError("no such order")

    asked = fail.delay()
    drain(app)

    assert isinstance(asked.result, ValueError)
    assert outcomes(asked.id) == ["failed"]


@pytest.fixture
def soft_limit():
    """A function that makes this process hear of its soft time limit soon, by the signal that Celery's pool sends."""

    def raise_it(*_: Any) -> None:
        raise celery.exceptions.SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, raise_it)
    yield lambda: threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    signal.signal(signal.SIGUSR1, before)


def test_a_soft_time_limit_cancels_an_async_task_which_may_clean_up(app, soft_limit):
    tidied = []

    @app.task(name="shop.slow")
    async def slow():
        soft_limit()
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append(True)

    asked = slow.delay()
    drain(app)

    assert tidied == [True]
    assert isinstance(asked.result, celery.exceptions.SoftTimeLimitExceeded)
    assert outcomes(asked.id) == ["failed"]


def test_a_task_class_of_the_projects_own_that_extends_hardys_is_used_as_it_is(app):
    class ShopTask(hardy.Task):
        abstract = True

    app.task(name="shop.biggest", base=ShopTask)(three)
    app.finalize()

    assert type(app.tasks["shop.biggest"]).__mro__[1] is ShopTask


def test_the_seams_do_not_change_who_a_task_is(app):
    @app.task(name="shop.add")
    def add(x: int, y: int) -> int:
        """Add two numbers."""
        return x + y

    assert (add.name, add.__doc__, add.run(1, 2)) == ("shop.add", "Add two numbers.", 3)
    with pytest.raises(TypeError):
        add.delay(1)  # arguments are still checked where the task is sent
