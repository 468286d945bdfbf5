"""Sending from an event loop, in a whole project: with and without a broker, and while it does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.brokers import Broker
from tests.brokers.kinds import MARIADB, POSTGRESQL, RABBITMQ, REDIS, REDIS_ON_MARIADB, SQLITE
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants

#: Every way of sending, in one coroutine.
SEND = """
import asyncio

async def main():
    tasks.record.delay("delay")
    tasks.record.apply_async(["apply_async"], countdown=0.1)
    tasks.record.delay_on_commit("delay_on_commit")
    tasks.record.apply_async_on_commit(["apply_async_on_commit"])
    await tasks.record.adelay("adelay")
    await asyncio.gather(*[tasks.record.aapply_async([f"aapply_async {number}"]) for number in range(5)])
    chord([tasks.record.s("part"), tasks.record.s("other part")], tasks.record.si("body")).delay()

asyncio.run(main())
"""
SENT = [
    *[f"aapply_async {number}" for number in range(5)],
    *[
        "adelay",
        "apply_async",
        "apply_async_on_commit",
        "body",
        "delay",
        "delay_on_commit",
        "other part",
        "part",
    ],
]

VIEW = """
import asyncio
from django.test import AsyncClient

async def ask():
    return (await AsyncClient(raise_request_exception=False).get("/order_from_a_loop", query)).status_code

asyncio.run(ask())
"""

#: Sent while the broker says nothing.
AWAY = """
import asyncio

async def main():
    for number in range(10):
        tasks.record.delay(f"delay {number}")
        await tasks.record.adelay(f"adelay {number}")

asyncio.run(main())
"""


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL, MARIADB, REDIS, RABBITMQ, REDIS_ON_MARIADB])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    """One project with one worker for all tests of this module."""
    settings = {"ROOT_URLCONF": "plant.urls", "ALLOWED_HOSTS": ["testserver"]}
    with open_plant(request.param, settings=settings) as depot:
        depot.worker()
        yield depot


def test_what_a_coroutine_sends_runs(site: Depot) -> None:
    site.run(SEND)

    site.wait_for_effect("body")
    site.wait_until_empty()
    assert [name for name in names(site) if name in SENT] == SENT


def test_what_an_asynchronous_view_sends_runs(site: Depot) -> None:
    assert site.run(VIEW, query={"name": "viewed"}) == 200

    site.wait_for_effect("viewed", times=2)
    site.wait_until_empty()


@pytest.mark.parametrize("kind", [REDIS, RABBITMQ], indirect=True)
def test_a_loop_does_not_wait_for_a_broker_that_does_not_answer(proxied: tuple[Depot, Proxy]) -> None:
    depot, proxy = proxied
    depot.worker()
    depot.wait_until_over(depot.send("record", "before"))

    send_while_away(depot, proxy)

    assert len(names(depot)) == 21


def send_while_away(depot: Depot, proxy: Proxy) -> None:
    """Send twenty tasks while the server does not answer, and wait until they have run once it does."""
    proxy.black_hole()
    depot.run(AWAY)
    assert depot.jobs() == 20
    proxy.heal()
    depot.wait_until_empty()


RESULTS = """
import asyncio

async def main():
    return [tasks.record.delay("delay"), await tasks.record.adelay("adelay")]

[result.get(timeout=30) for result in asyncio.run(main())]
"""


@pytest.fixture
def on_redis(open_plant: Plants, broker_of: Callable[[str], Broker]) -> Iterator[tuple[Depot, Proxy]]:
    """A project that has its results on Redis too, with a worker."""
    proxy = Proxy(broker_of("redis").url)
    try:
        with open_plant("redis", url=proxy.url, settings={"CELERY_RESULT_BACKEND": proxy.url}) as depot:
            depot.worker()
            yield depot, proxy
    finally:
        proxy.close()


@pytest.mark.services("postgresql", "redis")
def test_results_on_redis_are_there_for_what_a_coroutine_sent(on_redis: tuple[Depot, Proxy]) -> None:
    assert on_redis[0].run(RESULTS) == ["delay", "adelay"]


@pytest.mark.services("postgresql", "redis")
def test_a_loop_does_not_wait_for_a_result_backend_that_does_not_answer(
    on_redis: tuple[Depot, Proxy],
) -> None:
    depot, proxy = on_redis

    send_while_away(depot, proxy)

    assert len(names(depot)) == 20


TEST_CASE = """
import unittest
from django.test import TestCase

class Ordering(TestCase):
    async def test_it(self):
        tasks.record.delay("in a test")
        await tasks.record.adelay("in a test")
        self.assertEqual(await ledger.Job.objects.acount(), 2)

unittest.TextTestRunner().run(Ordering("test_it")).wasSuccessful()
"""


def test_what_an_asynchronous_test_sends_goes_with_the_test(site: Depot) -> None:
    assert site.run(TEST_CASE)

    assert site.jobs() == 0


def names(depot: Depot) -> list[str]:
    return sorted(depot.run("list(models.Effect.objects.values_list('name', flat=True))"))
