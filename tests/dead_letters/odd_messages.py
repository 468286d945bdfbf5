"""Stored messages that are more than a page or a terminal can show."""

from __future__ import annotations

import json
from typing import Any


def message(body: str, **more: Any) -> str:
    stored = {
        "body": body,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "orders.place", "id": "i"},
        "properties": {"body_encoding": "utf-8"},
    }
    return json.dumps({**stored, **more})


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


UNPACKABLE = {
    "nothing": "",
    "an object": "{}",
    "a list": "[]",
    "null": "null",
    "no JSON": "not JSON",
    "half a character": '"\\ud800"',
    "a body that is a number": '{"body": 5}',
    "nesting": '{"headers": {"task": "t", "id": "i"}, "properties": {}, "body": ' + nested(9000) + "}",
    "a nested body": message(f"[[{nested(9000)}], {{}}, {{}}]"),
    "a long number": message("[[" + "9" * 5000 + "], {}, {}]"),
    "a content type of half a character": message("[[1], {}, {}]", **{"content-type": "\ud800"}),
    "an encoding of half a character": message("[[1], {}, {}]", **{"content-encoding": "\ud800"}),
}
#: Such as can be unpacked, and yet be too much for a page.
ODD_BUT_READABLE = {
    "half a character": message('[["\\ud800"], {"\\udfff": 1}, {}]'),
    "a header of half a character": message("[[1], {}, {}]", headers={"task": "t", "id": "\ud800"}),
    "null characters": message('[["\\u0000"], {}, {}]'),
    "no list of arguments": message("5"),
    "arguments that are a number": message("[5, 5, 5]"),
    **{f"{levels} levels": message(f"[[{nested(levels)}], {{}}, {{}}]") for levels in range(100, 1000, 75)},
}
