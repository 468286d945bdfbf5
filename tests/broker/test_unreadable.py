from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from kombu.transport.virtual import Channel, Message
from kombu.utils.json import loads

from hardy.broker.unreadable import UNREADABLE, CarefulChannel, carrier


class Careful(CarefulChannel, Channel):
    """Kombu's own reading of a message, without a server."""

    def __init__(self) -> None:
        self.Message = Message


GOOD = {
    "body": base64.b64encode(b"[[], {}, {}]").decode(),
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {"id": "1", "task": "shop.add"},
    "properties": {"delivery_tag": "tag", "body_encoding": "base64", "delivery_info": {"exchange": ""}},
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**GOOD, "properties": {**GOOD["properties"], **properties}}


def test_a_message_is_handed_on_as_it_is():
    answer = (b"celery", json.dumps(GOOD).encode())

    assert Careful()._as_a_message(answer) is answer


@pytest.mark.parametrize(
    "item",
    [
        b"", b"x", b"null", b"5", b"[]", b"{}", b'"hi"', b"\xff\xfe", b"[" * 100_000,
        json.dumps(changed(delivery_tag={"a": 1})).encode(),
        json.dumps(changed(delivery_info=[5])).encode(),
        json.dumps(changed(body_encoding="zzz")).encode(),
        json.dumps(changed(body_encoding=5)).encode(),
        json.dumps(changed(reply_to={"__type__": "datetime", "__value__": []})).encode(),
        json.dumps({**GOOD, "headers": "text"}).encode(),
        json.dumps({**GOOD, "headers": {"id": {"__type__": "datetime", "__value__": []}}}).encode(),
        json.dumps({**GOOD, "headers": {"x": {"__type__": "uuid", "__value__": 5}}}).encode(),
        json.dumps({**changed(body_encoding=None), "body": None}).encode(),
        json.dumps({**changed(body_encoding=None), "body": 2**33}).encode(),  # bytes(2**33) are 8 GiB
        json.dumps({**changed(body_encoding=None), "body": {"a": 1}}).encode(),
        json.dumps({**GOOD, "body": "not base64 !"}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_message_is_the_body_of_one_that_says_why(item):
    queue, sent = Careful()._as_a_message((b"celery", item))
    message = Message(loads(sent.decode()), channel=Careful())  # as Kombu reads it in the worker's event loop

    assert queue == b"celery"
    assert message.body == item
    assert message.headers[UNREADABLE]


def test_a_text_is_kept_as_its_bytes():
    assert base64.b64decode(json.loads(carrier("é\ud800", "why"))["body"]) == "é\ud800".encode(
        "utf-8", "surrogatepass"
    )


def test_headers_that_can_be_read_are_kept_so_that_the_row_ends_with_its_message():
    broken = changed(reply_to={"__type__": "datetime", "__value__": []})
    unread = {"__type__": "datetime", "__value__": []}
    broken["headers"] = {
        **broken["headers"],
        "hardy": {"token": 3},
        "compression": "zzz",
        "eta": unread,
        "x": [unread],
    }

    _, sent = Careful()._as_a_message((b"celery", json.dumps(broken).encode()))

    headers = json.loads(sent)["headers"]
    assert (headers.pop(UNREADABLE) != "", headers) == (
        True,
        {"id": "1", "task": "shop.add", "hardy": {"token": 3}},
    )
