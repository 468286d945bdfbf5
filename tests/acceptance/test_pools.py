"""Each pool that Celery offers does the basics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import DATABASES
from tests.fixtures.depots import Open
from tests.waiting import until

POOLS = [["--pool=prefork", "--concurrency=2"], ["--pool=threads", "--concurrency=4"], ["--pool=solo"]]


@pytest.fixture(scope="module", params=POOLS, ids=["prefork", "threads", "solo"])
def options(request: pytest.FixtureRequest) -> list[str]:
    return list(request.param)


@pytest.fixture(scope="module", params=DATABASES[:2])
def fleet(request: pytest.FixtureRequest, options: list[str], open_depot: Open) -> Iterator[Depot]:
    with open_depot(request.param) as depot:
        depot.worker(*options)
        yield depot


def test_a_pool_runs_tasks_chords_retries_and_failures(fleet: Depot) -> None:
    chord = fleet.run("chord([tasks.double.s(n) for n in range(4)], tasks.total.s('body')).delay().id")
    plain = [fleet.send("record", f"plain {number}") for number in range(10)]
    retried, failed = fleet.send("retry", "retried", 1), fleet.send("fail")

    until(
        lambda: fleet.result(chord) == ["SUCCESS", 12],
        otherwise=lambda: f"the chord is {fleet.result(chord)}",
    )
    fleet.wait_until_over(*plain, retried, failed)
    assert [fleet.count(f"plain {number}") for number in range(10)] == [1] * 10
    assert fleet.outcomes(retried) == ["retried", "succeeded"]
    assert fleet.outcomes(failed) == ["failed"]
    assert fleet.result(failed)[0] == "FAILURE"


def test_a_pool_answers_while_it_waits_and_ends_in_good_order(options: list[str], open_depot: Open) -> None:
    with open_depot("sqlite") as depot:
        worker = depot.worker(*options)

        assert "pong" in depot.celery("inspect", "ping", "--timeout=10", "--destination=one@depot")
        depot.celery("control", "shutdown")

        worker.exit_code()
        assert depot.run("ledger.Worker.objects.count()") == 0


def test_a_pause_holds_in_every_pool_until_the_queue_is_resumed(options: list[str], open_depot: Open) -> None:
    with open_depot("sqlite") as depot:
        worker = depot.worker(*options, "--queues=slow,quick")
        depot.run("from hardy.ledger import pause\npause('slow')")
        worker.wait_for("Queue slow is paused")
        paused, quick = (
            depot.send("record", "paused", queue="slow"),
            depot.send("record", "quick", queue="quick"),
        )
        depot.wait_until_over(quick)
        assert depot.count("paused") == 0

        depot.run("from hardy.ledger import resume\nresume('slow')")

        depot.wait_until_over(paused)
        assert depot.count("paused") == 1
