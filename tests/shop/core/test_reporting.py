"""Every failed task reaches Sentry. The transport is ours; everything before it is the SDK's own."""

from __future__ import annotations

import pytest
import sentry_sdk
from celery import shared_task
from sentry_sdk.transport import Transport

import apps.core.tasks  # noqa: F401  connects on_task_failure, as autodiscovery does in a worker
from apps.core import reporting


@shared_task(name="tests.break_down")
def break_down(order_id: int, *, loudly: bool) -> None:
    raise ZeroDivisionError(f"order {order_id}")


@pytest.fixture
def events():
    received: list[dict] = []

    class Kept(Transport):
        def capture_envelope(self, job_message):
            received.append(job_message.get_event())

    reporting.start("http://public@127.0.0.1:1/1", transport=Kept)
    yield received
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def test_a_failed_task_is_reported_once_with_its_call(events):
    result = break_down.apply(args=[7], kwargs={"loudly": True}, throw=False)

    [event] = events
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["contexts"]["celery"] == {
        "task_name": "tests.break_down",
        "task_id": result.id,
        "args": [7],
        "kwargs": {"loudly": True},
    }


def test_without_an_address_nothing_is_started():
    reporting.start("")

    assert not sentry_sdk.get_client().is_active()
