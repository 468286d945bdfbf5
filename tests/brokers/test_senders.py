"""A process that only sends, and has no requests: a daemon, with threads of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.brokers import Broker
from tests.brokers.kinds import MARIADB, POSTGRESQL, RABBITMQ, REDIS, REDIS_ON_MARIADB, SQLITE
from tests.brokers.proxy import Proxy
from tests.fixtures.plants import Plants
from tests.waiting import until

KINDS = [SQLITE, POSTGRESQL, MARIADB, REDIS, RABBITMQ, REDIS_ON_MARIADB]


@pytest.fixture(scope="module", params=KINDS)
def kind_of_site(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def site(kind_of_site: str, open_plant: Plants) -> Iterator[Depot]:
    """One project with one worker, and a desk that sends, for the tests of this module."""
    with open_plant(kind_of_site) as depot:
        depot.worker()
        yield depot


HELD = "from plant import daemon\ndaemon.held()"


def test_threads_that_have_sent_and_live_on_hold_nothing(kind_of_site: str, open_plant: Plants) -> None:
    with open_plant(kind_of_site) as alone:  # no worker's sessions among those that are counted
        alone.run("from plant import daemon\ndaemon.start(15, 'by a thread')")

        assert alone.jobs() == 15
        until(lambda: alone.run(HELD) == 0, otherwise=lambda: f"{alone.run(HELD)} connections are held")
        alone.run("from plant import daemon\ndaemon.stop()")


def test_threads_whose_sessions_end_send_on(site: Depot) -> None:
    site.run("from plant import daemon\ndaemon.start(5, 'before', keep=True)")
    site.wait_for_effect("before", times=5)

    site.run("from plant import daemon\ndaemon.end_sessions()\ndaemon.again('afterwards')")

    site.wait_for_effect("afterwards", times=5)
    site.run("from plant import daemon\ndaemon.stop()")


FORK = """
import os
tasks.record.delay("by the parent")
child = os.fork()
if not child:
    try:
        tasks.record.delay("by the child")
    finally:
        os._exit(0)
os.waitpid(child, 0)
tasks.record.delay("by the parent")
"""


def test_a_fork_shares_no_connection(site: Depot) -> None:
    site.run(FORK)

    site.wait_for_effect("by the child")
    site.wait_for_effect("by the parent", times=2)


@pytest.fixture
def on_redis(open_plant: Plants, broker_of: Callable[[str], Broker]) -> Iterator[tuple[Depot, Proxy]]:
    """A project whose results are on a Redis behind a proxy."""
    proxy = Proxy(broker_of("redis").url)
    try:
        with open_plant("postgresql", settings={"CELERY_RESULT_BACKEND": proxy.url}) as depot:
            yield depot, proxy
    finally:
        proxy.close()


RESULTS: dict[str, Any] = {
    "tasks.double.delay(2).get(timeout=30)": 4,
    "group(tasks.double.s(n) for n in range(3)).delay().get(timeout=30)": [0, 2, 4],
    "group(tasks.double.s(1), group(tasks.double.s(2), tasks.double.s(3))).delay().get(timeout=30)": [
        2,
        4,
        6,
    ],
    "chord([tasks.double.s(1)], tasks.total.s('total')).delay().get(timeout=30)": 2,
    "app.AsyncResult(tasks.double.delay(2).id).get(timeout=30)": 4,
}


@pytest.mark.services("postgresql", "redis")
def test_nobody_waits_for_a_result_backend_that_does_not_answer(on_redis: tuple[Depot, Proxy]) -> None:
    depot, proxy = on_redis
    proxy.black_hole()

    depot.run("for number in range(3): tasks.record.delay('sent')")
    depot.run("group(tasks.record.s('sent') for number in range(3)).delay()")
    depot.run("chain(tasks.record.si('sent'), tasks.record.si('sent')).delay()")

    assert depot.jobs() == 7


@pytest.mark.services("postgresql", "redis")
def test_results_on_redis_come_though_nobody_subscribed_while_sending(on_redis: tuple[Depot, Proxy]) -> None:
    depot, _ = on_redis
    depot.worker()

    assert {source: depot.run(source) for source in RESULTS} == RESULTS


@pytest.mark.services("postgresql", "redis")
@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("tasks.wait_in_peace.delay(path)", None),
        ("group(tasks.wait_in_peace.s(path), tasks.double.s(2)).delay()", [None, 4]),
    ],
)
def test_a_result_that_is_stored_while_somebody_subscribes_is_not_missed(
    on_redis: tuple[Depot, Proxy], sent: str, value: Any
) -> None:
    depot, proxy = on_redis
    depot.worker()
    path = depot.folder / "go on"
    proxy.hold(b"SUBSCRIBE")

    with ThreadPoolExecutor() as threads:
        answer = threads.submit(depot.run, f"{sent}.get(timeout=20)", path=str(path))
        until(lambda: any(b"GET\r\n" in piece for piece in proxy.heard), otherwise="nobody looked")
        path.touch()
        until(lambda: stored(proxy) == sent.count("tasks."), otherwise="no result was stored")
        proxy.release()

        assert answer.result() == value


def stored(proxy: Proxy) -> int:
    """How many results there are, once the worker has been heard to store them."""
    return len({key for piece in proxy.heard for key in re.findall(rb"PUBLISH\r\n\$\d+\r\n(\S+)", piece)})


@pytest.mark.services("postgresql", "redis")
def test_a_chord_is_refused_soon_where_nobody_answers_who_would_count_its_parts(
    on_redis: tuple[Depot, Proxy],
) -> None:
    depot, proxy = on_redis
    proxy.black_hole()

    said = depot.run(REFUSED)

    assert "the chord was not sent" in said
    assert depot.jobs() == 0


REFUSED = """
def refused():
    try:
        chord([tasks.double.s(1), tasks.double.s(2)], tasks.total.s("total")).delay()
    except Exception as error:
        return str(error)
refused()
"""


@pytest.fixture
def rpc(kind: str, open_plant: Plants, broker_of: Callable[[str], Broker]) -> Iterator[tuple[Depot, Proxy]]:
    """A project whose results come back through its broker, which is behind a proxy."""
    proxy = Proxy(broker_of(kind).url)
    try:
        with open_plant(kind, url=proxy.url, settings={"CELERY_RESULT_BACKEND": "rpc://"}) as depot:
            yield depot, proxy
    finally:
        proxy.close()


def test_nobody_waits_for_a_broker_that_carries_results_and_they_come(rpc: tuple[Depot, Proxy]) -> None:
    depot, proxy = rpc
    proxy.black_hole()
    depot.run("import builtins; builtins.sent = [tasks.double.delay(n) for n in range(3)]")
    depot.run("import builtins; builtins.grouped = group(tasks.double.s(n) for n in range(3)).delay()")
    assert depot.jobs() == 6

    proxy.heal()
    depot.worker()

    assert depot.run("[result.get(timeout=30) for result in sent]") == [0, 2, 4]
    assert depot.run("grouped.get(timeout=30)") == [0, 2, 4]
    assert depot.run("tasks.double.delay(4).get(timeout=30)") == 8
