"""A paused queue is read by nobody until it is resumed, whatever is behind the ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.kinds import POSTGRESQL, RABBITMQ, REDIS, SQLITE
from tests.fixtures.plants import Plants
from tests.waiting import until


@pytest.fixture(params=[REDIS, RABBITMQ, SQLITE, POSTGRESQL])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    with open_plant(request.param) as depot:
        yield depot


def command(site: Depot, *words: str) -> None:
    site.run("from django.core.management import call_command\ncall_command('hardy', *words)", words=words)


def test_a_paused_queue_waits_the_other_goes_on_and_a_resumed_one_too(site: Depot) -> None:
    worker = site.worker("--queues=slow,quick")
    first = site.send("record", "before", queue="slow")
    site.wait_until_over(first)

    command(site, "pause", "slow")
    worker.wait_for("Queue slow is paused")
    paused = [site.send("record", "paused", queue="slow") for _ in range(3)]
    after = [site.send("record", "quick", queue="quick") for _ in range(3)]
    site.wait_until_over(*after)

    assert {site.job(job)["state"] for job in paused} <= {"queued", "held"}
    assert site.count("paused") == 0

    command(site, "resume", "slow")
    site.wait_until_over(*paused)
    assert site.count("paused") == 3


def test_a_worker_that_starts_later_honours_the_pause(site: Depot) -> None:
    job = site.send("record", "paused", queue="slow")
    command(site, "pause", "slow")

    worker = site.worker("--queues=slow,quick")
    worker.wait_for("Queue slow is paused")
    site.wait_until_over(site.send("record", "quick", queue="quick"))
    assert site.count("paused") == 0

    command(site, "resume", "slow")
    site.wait_until_over(job)


def test_what_runs_when_its_queue_is_paused_ends_and_its_retry_waits(site: Depot) -> None:
    worker = site.worker("--queues=slow")
    job = site.send("retry", "in the end", 1, 0.5, queue="slow")
    until(lambda: site.outcomes(job) == ["retried"], otherwise="it was not retried")
    command(site, "pause", "slow")
    worker.wait_for("Queue slow is paused")

    command(site, "resume", "slow")

    site.wait_until_over(job)
    assert site.outcomes(job) == ["retried", "succeeded"]
