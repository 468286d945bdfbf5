from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import celery
import pytest
from celery.worker.request import Request
from kombu.exceptions import EncodeError
from kombu.message import Message

from hardy.errors import Undecodable, Unsendable
from hardy.ledger.message import delivery_payload, priority_of, seconds_until, serialize

HEADERS = {"id": "job-1", "task": "shop.add", "eta": None}


def serialized(
    body: Any = ((1,), {}, {}), headers: Any = HEADERS, serializer: str = "json", **options: Any
) -> Any:
    return serialize(
        body,
        headers,
        options.pop("properties", {}),
        queue="mail",
        serializer=serializer,
        compression=options.pop("compression", None),
    )


def opened(job_message: Any, **stamp: Any) -> dict[str, Any]:
    return delivery_payload(
        job_message.text,
        **{"job": job_message.id, "token": 0, "attempts": 0, "queue": "mail", "tag": "tag-1", **stamp},
    )


def test_it_says_what_the_ledger_must_know():
    job_message = serialized(
        properties={"priority": 4}, headers={**HEADERS, "eta": "2030-01-01T00:00:00+00:00"}
    )

    assert (job_message.id, job_message.task, job_message.queue, job_message.priority) == (
        "job-1",
        "shop.add",
        "mail",
        4,
    )
    assert job_message.eta == "2030-01-01T00:00:00+00:00"


def test_what_is_delivered_is_what_was_sealed_with_a_stamp_for_its_attempt():
    payload = opened(serialized(headers={**HEADERS, "eta": "2030-01-01T00:00:00+00:00"}), token=3, attempts=2)

    assert json.loads(payload["body"]) == [[1], {}, {}]
    assert payload["headers"]["hardy"] == {"token": 3, "attempts": 2, "eta": "2030-01-01T00:00:00+00:00"}
    assert "eta" not in payload["headers"]  # the ledger has waited for it
    assert payload["properties"]["delivery_tag"] == "tag-1"
    assert payload["properties"]["delivery_info"] == {
        "exchange": "",
        "routing_key": "mail",
        "redelivered": True,
    }


def test_a_first_attempt_is_not_redelivered():
    assert opened(serialized())["properties"]["delivery_info"]["redelivered"] is False


@pytest.mark.parametrize("header", ["retries", "replaced_task_nesting"])
def test_an_attempt_that_was_asked_for_is_not_redelivered_and_one_after_a_crash_is(header):
    asked_for = serialized(headers={**HEADERS, header: 1})

    redelivered = [
        opened(asked_for, attempts=attempts)["properties"]["delivery_info"]["redelivered"]
        for attempts in (1, 2)
    ]

    assert redelivered == [False, True]


def test_a_message_without_a_priority_is_delivered_with_the_lowest():
    priorities = [
        opened(serialized(properties=given))["properties"]["priority"] for given in ({}, {"priority": 7})
    ]

    assert priorities == [0, 7]


def test_compressed_and_binary_bodies_come_back_byte_for_byte():
    payload = opened(serialized(compression="zlib"))

    assert payload["headers"]["compression"] == "application/x-gzip"
    assert payload["properties"]["body_encoding"] == "base64"
    assert json.loads(zlib.decompress(base64.b64decode(payload["body"]))) == [[1], {}, {}]


def test_the_callers_headers_are_not_changed():
    headers = dict(HEADERS)
    serialized(headers=headers, compression="zlib")

    assert headers == HEADERS


def test_arguments_that_the_serializer_refuses_are_kombus_error():
    with pytest.raises(EncodeError):
        serialized(body=((object(),), {}, {}))


def test_a_header_that_is_not_json_is_refused_with_the_remedy():
    with pytest.raises(Unsendable, match=r"shop\.add: a header .* is not JSON .*put it into the arguments"):
        serialized(headers={**HEADERS, "user": object()})


@pytest.mark.parametrize(
    ("said", "meant"), [(None, 0), (0, 0), (9, 9), (99, 9), (-3, 0), ("7", 7), ("urgent", 0), ([], 0)]
)
def test_a_priority_is_between_0_and_9(said, meant):
    assert priority_of({"priority": said}) == meant
    assert priority_of({}) == 0


@pytest.fixture
def clock() -> celery.Celery:
    return celery.Celery("clock", set_as_current=False)


def test_how_long_an_eta_is_away(clock):
    now = datetime.now(UTC)

    assert seconds_until(None, clock) == 0.0
    assert seconds_until((now - timedelta(hours=1)).isoformat(), clock) == 0.0
    assert seconds_until((now + timedelta(hours=1)).isoformat(), clock) == pytest.approx(3600, abs=60)


#: East of UTC, west of it, and UTC itself.
ZONES = ["Asia/Tokyo", "America/New_York", "UTC"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("enable_utc", [True, False])
def test_an_eta_is_the_moment_that_celerys_own_worker_reads(clock, zone, enable_utc):
    clock.conf.update(timezone=zone, enable_utc=enable_utc)
    soon = datetime.now(UTC) + timedelta(hours=20)

    for eta in (
        soon.replace(tzinfo=None),
        soon,
        soon.astimezone(ZoneInfo("Asia/Kolkata")),
    ):
        read = read_by_a_stock_worker(clock, eta.isoformat())
        away = seconds_until(eta.isoformat(), clock)
        assert away == pytest.approx((read - datetime.now(UTC)).total_seconds(), abs=60)
        assert away == pytest.approx(20 * 3600, abs=60)


def read_by_a_stock_worker(app: celery.Celery, eta: str) -> datetime:
    headers = {**HEADERS, "eta": eta, "argsrepr": "", "kwargsrepr": ""}
    message = Message("[[], {}, {}]", headers=headers, properties={}, content_type="application/json")
    request = Request(message, app=app, task=app.tasks["celery.accumulate"])
    moment: datetime = request.eta
    return moment


def test_the_message_of_another_job_is_not_this_jobs():
    with pytest.raises(Undecodable, match="is that of another job: "):
        opened(serialized(), job="another")


@pytest.mark.parametrize("mode", [3, "durable", [], "\n"])
def test_an_unknown_delivery_mode_is_refused_with_those_there_are(mode):
    with pytest.raises(Unsendable, match="use 'persistent' or 'transient'"):
        serialized(properties={"delivery_mode": mode})
