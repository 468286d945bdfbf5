"""Jobs that are moved to another queue start there, once, whatever the broker still holds for the old one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.kinds import POSTGRESQL, RABBITMQ, REDIS
from tests.fixtures.plants import Plants
from tests.waiting import until

MOVE = """
from hardy.ledger import audit
from hardy.ledger.acting import move_jobs
sorted(move_jobs(jobs, audit.entry("moved", by="test", via="code"), to="quick"))
"""


@pytest.fixture(params=[REDIS, RABBITMQ, POSTGRESQL])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    with open_plant(request.param) as depot:
        yield depot


def test_moved_jobs_run_once_where_they_were_moved_to(site: Depot) -> None:
    site.worker("--queues=quick")
    jobs = [site.send("record", "moved", queue="slow") for _ in range(3)]
    until(lambda: {site.job(job)["state"] for job in jobs} == {"queued"}, otherwise="they are not published")

    assert site.run(MOVE, jobs=jobs) == sorted(jobs)
    site.wait_until_over(*jobs)

    site.worker("--queues=slow", name="two")  # what the broker holds for the old queue is dropped
    last = site.send("record", "last", queue="slow")
    site.wait_until_over(last)
    assert site.count("moved") == 3


def test_jobs_of_a_paused_queue_can_be_moved_to_one_that_is_read(site: Depot) -> None:
    worker = site.worker("--queues=slow,quick")
    site.run("from hardy.ledger import pause\npause('slow')")
    worker.wait_for("Queue slow is paused")
    job = site.send("record", "moved", queue="slow")
    until(lambda: site.job(job)["state"] == "queued", otherwise="it is not published")

    site.run(MOVE, jobs=[job])

    site.wait_until_over(job)
    assert site.outcomes(job) == ["succeeded"]
