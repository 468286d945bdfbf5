"""A task belongs to the transaction that asks for it: the broker hears of it after the commit, or never."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.acceptance.depot import Depot
from tests.acceptance.test_transactions import NESTED, ROLLED_BACK
from tests.brokers.kinds import RABBITMQ, REDIS
from tests.fixtures.plants import Plants
from tests.waiting import until

REQUEST = """
from django.test import Client
client = Client(raise_request_exception=False)
client.get("/order", query).status_code
"""

TEST_CASE = """
import unittest
from django.test import TestCase

class Ordering(TestCase):
    def test_it(self):
        with self.captureOnCommitCallbacks(execute=True) as hooks:
            tasks.record.delay("in a test")
        self.assertEqual(len(hooks), 1)
        self.assertEqual(ledger.Job.objects.count(), 1)

unittest.TextTestRunner().run(Ordering("test_it")).wasSuccessful()
"""


@pytest.fixture(scope="module", params=[REDIS, RABBITMQ])
def site(request: pytest.FixtureRequest, open_plant: Plants) -> Iterator[Depot]:
    """One project with one worker for all tests of this module; its requests are transactions."""
    settings = {"ROOT_URLCONF": "plant.urls", "ALLOWED_HOSTS": ["testserver"]}
    database = json.dumps({"ATOMIC_REQUESTS": True})
    with open_plant(request.param, settings=settings, DEPOT_DATABASE=database) as depot:
        depot.worker()
        yield depot


def test_a_rollback_publishes_nothing_and_a_savepoint_takes_only_its_own(site: Depot) -> None:
    site.run(ROLLED_BACK)
    site.run(NESTED)

    site.wait_for_effect("outer")
    site.wait_until_over(site.send("record", "the next"))
    site.wait_until_empty()
    assert site.count("never") == site.count("inner") == 0
    assert site.count("outer") == 1


def test_with_atomic_requests_a_failed_request_asks_for_nothing(site: Depot) -> None:
    requests = ({"name": "failed", "fail": "yes"}, {"name": "ordered"})

    statuses = [site.run(REQUEST, query=query) for query in requests]

    site.wait_for_effect("ordered")
    site.wait_until_empty()
    assert statuses == [500, 200]
    assert site.count("failed") == 0


def test_a_django_test_case_leaves_no_task_behind_even_if_it_runs_the_hooks(site: Depot) -> None:
    passed = site.run(TEST_CASE)

    assert passed
    assert site.jobs() == 0
    site.wait_until_over(site.send("record", "the next"))
    assert site.count("in a test") == 0


CROWD = 1000
LONG_TRANSACTION = f"""
from django.db import transaction
from django.utils import timezone
from datetime import timedelta
with transaction.atomic():
    for number in range({CROWD}):
        tasks.nap.delay(0)
    asked = timezone.now()
    while timezone.now() < asked + timedelta(seconds=1.5):
        pass
"""


def test_a_transaction_of_many_that_took_long_is_published_by_one_and_not_by_two(plant: Depot) -> None:
    plant.beat()  # relays, and runs nothing
    until(lambda: plant.run(IS_RELAYED), otherwise="nobody relays")

    plant.run(LONG_TRANSACTION)

    until(lambda: plant.jobs(state="queued") == CROWD, otherwise="not all are published")
    # On a busy machine the two may overlap by a batch; without an agreement nearly all would be there twice.
    assert CROWD <= plant.broker.waiting(plant.queue) <= 1.25 * CROWD


IS_RELAYED = "from hardy.db.leases import is_led\nis_led('Relay')"
