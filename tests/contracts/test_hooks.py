"""Celery's hooks run before the attempt is closed. One that raises fails its task, and is no crash of its process."""

from __future__ import annotations

import logging

import celery
import pytest
from celery import states

from tests.contracts.draining import drain
from tests.contracts.rows import jobs, letters, outcomes

logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)

pytestmark = pytest.mark.filterwarnings("ignore:Exception raised outside body:RuntimeWarning")


class Raising(celery.Task):
    abstract = True

    def on_failure(self, *args):
        raise LookupError("hook of a failure")

    def on_retry(self, *args):
        raise LookupError("hook of a retry")


def test_a_task_whose_failure_hook_raises_has_failed_once(app):
    @app.task(name="shop.fail", base=Raising)
    def fail():
        raise ValueError("no such order")

    asked = fail.delay()
    drain(app)

    assert (outcomes(asked.id), jobs()) == (["failed"], {})
    assert [(letter.reason, letter.error) for letter in letters()] == [("failed", "hook of a failure")]
    assert (asked.state, repr(asked.result)) == (states.FAILURE, "LookupError('hook of a failure')")


def test_a_task_whose_retry_hook_raises_is_retried(app):
    @app.task(name="shop.fetch", base=Raising, bind=True)
    def fetch(self):
        if self.request.retries == 0:
            raise self.retry(exc=OSError("away"), countdown=0)
        return "fetched"

    asked = fetch.delay()
    drain(app)

    assert outcomes(asked.id) == ["retried", "succeeded"]
    assert (asked.state, asked.result) == (states.SUCCESS, "fetched")
    assert not letters()
