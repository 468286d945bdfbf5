from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sentry_sdk

from tests.sandbox.process import Sandbox

ENVELOPE = "/sentry/api/1/envelope/"


@contextmanager
def reporting_to(sandbox: Sandbox) -> Iterator[sentry_sdk.Scope]:
    """A scope of the real SDK whose events go to the sandbox."""
    dsn = f"{sandbox.http_url.replace('http://', 'http://public@')}/sentry/1"
    client = sentry_sdk.Client(dsn, default_integrations=False, traces_sample_rate=1.0, environment="tests")
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        yield scope
        client.close(timeout=10)


def events(sandbox: Sandbox, query: str = "") -> list[dict[str, Any]]:
    return sandbox.call("GET", f"/sentry/events{query}").body


def post(sandbox: Sandbox, envelope: bytes, **headers: str) -> int:
    request = urllib.request.Request(
        sandbox.http_url + ENVELOPE, method="POST", data=envelope, headers=headers
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return int(response.status)


def envelope(*items: tuple[dict[str, Any], bytes]) -> bytes:
    lines = [b'{"event_id": "e1"}']
    for header, payload in items:
        lines += [json.dumps(header).encode(), payload]
    return b"\n".join(lines)


def test_an_error_reported_with_the_sdk_shows_type_value_contexts_and_tags(sandbox):
    with reporting_to(sandbox) as scope:
        scope.set_context("celery", {"task": "payments.charge_card", "task_id": "1", "args": [7]})
        scope.set_tag("queue", "default")
        try:
            raise ConnectionError("the gateway is away")
        except ConnectionError as exc:
            scope.capture_exception(exc)

    (event,) = events(sandbox)
    assert (event["type"], event["value"]) == ("ConnectionError", "the gateway is away")
    assert event["contexts"]["celery"] == {"task": "payments.charge_card", "task_id": "1", "args": [7]}
    assert event["tags"] == {"queue": "default"}
    assert (event["environment"], event["level"]) == ("tests", "error")
    assert sandbox.call("GET", f"/sentry/events/{event['id']}").body == event


def test_of_a_chain_of_errors_the_one_that_was_raised_last_gives_the_type(sandbox):
    with reporting_to(sandbox) as scope:
        try:
            try:
                raise KeyError("card")
            except KeyError as exc:
                raise RuntimeError("no card") from exc
        except RuntimeError as exc:
            scope.capture_exception(exc)

    assert [event["type"] for event in events(sandbox)] == ["RuntimeError"]


def test_a_message_is_an_event_without_a_type_and_a_trace_is_none(sandbox):
    with reporting_to(sandbox) as scope:
        scope.capture_message("stock is low", level="warning")
        with scope.start_transaction(name="a trace"):
            pass

    (event,) = events(sandbox)
    assert (event["type"], event["message"], event["level"]) == (None, "stock is low", "warning")


def test_events_are_found_by_type_newest_first(sandbox):
    with reporting_to(sandbox) as scope:
        for error in (ValueError("1"), KeyError("2"), ValueError("3")):
            scope.capture_exception(error)
            scope.client.flush(timeout=10)

    assert [event["value"] for event in events(sandbox, "?type=ValueError")] == ["3", "1"]


def test_envelopes_are_read_with_and_without_lengths_and_unpacked(sandbox):
    attachment = b"two\nlines"
    event = b'{"level": "error", "exception": {"values": [{"type": "A", "value": "b"}]}}'
    packed = gzip.compress(
        envelope(({"type": "attachment", "length": len(attachment)}, attachment), ({"type": "event"}, event))
    )

    assert post(sandbox, packed, **{"Content-Encoding": "gzip"}) == 200

    assert [(event["id"], event["type"]) for event in events(sandbox)] == [("e1", "A")]


def test_an_event_sent_twice_is_listed_once(sandbox):
    sent = envelope(({"type": "event"}, b'{"message": "once"}'))

    post(sandbox, sent)
    post(sandbox, sent)

    assert [event["message"] for event in events(sandbox)] == ["once"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no json",
        b"[]",
        envelope(({"type": "event", "length": 99}, b"{}")),
        envelope(({"type": "event"}, b"[]")),
        b'{}\n{"type": "event"}\n{"message": "no id"}',
    ],
)
def test_a_broken_envelope_is_refused(sandbox, broken):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(sandbox, broken)

    refused.value.close()
    assert refused.value.code == 400
    assert events(sandbox) == []
