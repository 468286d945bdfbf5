"""Tests of a project's tasks as they run in production: real messages, commits, retries and time, without a broker.

With pytest the fixture ``hardy_jobs`` is there once hardy is installed; with ``unittest`` a mixin gives the same::

    def test_an_order_is_charged(hardy_jobs, customer):          class Orders(JobsMixin, TestCase):
        place_order(customer)                                        def test_charged(self):
        hardy_jobs.assert_enqueued(charge_card)                          place_order(self.customer)
        hardy_jobs.drain()                                               self.drain()

What belongs here is for tests of projects that use hardy; hardy's own fixtures are in ``tests/fixtures``. Names are
imported when they are asked for: pytest loads this package before Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardy.lazy import names_of

if TYPE_CHECKING:
    from hardy.testing.drain import Drained
    from hardy.testing.enqueued import Enqueued
    from hardy.testing.idempotence import NotIdempotent
    from hardy.testing.jobs import Jobs, open_jobs
    from hardy.testing.mixin import JobsMixin
    from hardy.testing.worker import Ran

__all__ = ["Drained", "Enqueued", "Jobs", "JobsMixin", "NotIdempotent", "Ran", "open_jobs"]

__getattr__ = names_of(
    __name__,
    {
        "Drained": "drain",
        "Enqueued": "enqueued",
        "Jobs": "jobs",
        "JobsMixin": "mixin",
        "NotIdempotent": "idempotence",
        "Ran": "worker",
        "open_jobs": "jobs",
    },
)
