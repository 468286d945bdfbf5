"""What is tried: bad options in every way of sending, broken rows, broken messages; all made of JSON values."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.strange import EXPRESSIONS, JSON, expressions, json_values

#: A way of sending, and the keyword options as the text of a Python expression.
Sent = tuple[str, str]
#: A column of the ledger's row and its value; or a change of the stored message.
Broken = dict[str, Any]

WAYS = (
    "apply_async", "send_task", "set", "chain", "group", "chord", "link", "link_error", "retry", "replace",
    "snooze", "arguments",
)  # fmt: skip

OPTIONS = (
    "countdown", "eta", "expires", "retries", "priority", "queue", "routing_key", "exchange", "time_limit",
    "soft_time_limit",
    "headers", "task_id", "root_id", "parent_id", "group_id", "group_index", "chord", "link", "link_error",
    "reply_to",
    "serializer", "compression", "delivery_mode", "stamped_headers", "shadow", "argsrepr", "kwargsrepr",
    "ignore_result",
    "replaced_task_nesting", "correlation_id", "add_to_parent", "producer", "connection", "router", "retry",
    "retry_policy",
    "mandatory", "immediate", "user_id", "content_type", "content_encoding", "origin", "expiration",
    "timestamp", "app_id",
    "cluster_id", "type", "message_id", "publisher", "declare", "periodic", "hardy", "x",
)  # fmt: skip

HEADERS = (
    "timelimit", "id", "task", "lang", "retries", "eta", "expires", "group", "group_index", "root_id",
    "parent_id", "argsrepr",
    "kwargsrepr", "origin", "shadow", "hardy", "stamped_headers", "stamps", "ignore_result", "replaced_task_nesting",
    "compression", "CC", "BCC", "hardy_signature", "hardy_unreadable", "x", "y" * 300, "😀" * 100, "",
)  # fmt: skip

TIMES = [
    "infinity", "-infinity", "2000", "2026-02-30 00:00:00", "2026-13-01 00:00:00", "2026-01-01 00:00:00x", "now",
    "0001-01-01 00:00:00", "9999-12-31 23:59:59", "zzz", "", "4713-01-01 BC", 0, 9e18,
]  # fmt: skip
COLUMNS: dict[str, list[Any]] = {
    "priority": [-1, 10, 32767, -32768, "x"],
    "token": [-1, 1, 2**31 - 1, -(2**31), "x", 1.5],
    "attempts": [-1, 3, 2**31 - 1, -(2**31), "x"],
    "crashes": [-1, 2, 3, 2**31 - 1, "x"],
    "state": ["", "zzz", "reserved", "running", "held", "QUEUED"],
    "worker": ["", "x", "nobody@nowhere", "y" * 255, "%s"],
    "task": ["", "x", "y" * 255, "depot.fail", "celery.chain", "celery.chord", "celery.backend_cleanup", "%s", "é\n"],
    "queue": ["", "nobody's", "y" * 255, "😀" * 50, "%s", "celery.pidbox"],
    "due_at": TIMES,
    "enqueued_at": TIMES,
    "published_at": TIMES,
    "started_at": TIMES,
    "id": ["😀", "y" * 240, "a b", "a\nb", "'\"", "%s", "\\", "é"],
}  # fmt: skip

#: Whole texts in a message's place.
TEXTS = (
    "", "x", "null", "5", '"hi"', "[]", "{}", "[1]", "NaN", "[" * 100_000, '{"a":' * 50_000,
    '{"headers": {}, "properties": {}}',
    '{"headers": null}', "\ud800", "{broken",
    '{"body": "x", "headers": {"id": "a", "task": "b"}, "properties": 5}', "\x00",
)  # fmt: skip

#: Places in a message.
PATHS: list[list[str]] = [
    ["body"], ["content-type"], ["content-encoding"], ["headers"], ["properties"],
    *(["headers", name] for name in HEADERS),
    *(
        ["properties", name]
        for name in (
            "body_encoding", "correlation_id", "delivery_info", "delivery_mode", "delivery_tag", "priority",
            "reply_to", "x", "type", "user_id", "timestamp", "expiration", "message_id", "app_id", "cluster_id",
            "content_type", "mandatory", "immediate", "exchange", "routing_key", "declare", "retry",
        )
    ),
    ["properties", "delivery_info", "exchange"], ["properties", "delivery_info", "routing_key"],
]  # fmt: skip
#: Bodies, as text.
BODIES = (
    "null", '"hi"', "5", "[]", "{}", "[[]]", "[[], {}]", "[[], {}, null]", "[null, null, null]",
    '[["a"], [], {}]', "[5, 5, 5]",
    '[["a"], {}, {"callbacks": 5}]', '[["a"], {}, {"callbacks": [5], "errbacks": ["x"], "chain": [1], "chord": 5}]',
    '[["a"], {"name": "b"}, {}]', '[["a"], {"\\ud800": 1}, {}]', '[["a"], {}, {"chain": {"task": 5}}]',
    "{broken", "\xff", "",
    '[["a"], {}, {"errbacks": [{"task": null}]}]', '[["a"], {}, {"chord": {"task": "x", "options": 5}}]',
    "[" * 50_000,
    '{"task": "depot.record", "id": "old", "args": ["a"], "kwargs": {}}', '{"task": 5, "id": 5}', '{"no": "task"}',
)  # fmt: skip

_numbers = itertools.count()


def new_number() -> int:
    """Tell one input of this process from the others."""
    return next(_numbers)


# what has once stopped a worker or its neighbours: always tried

FOUND_OPTIONS: list[Sent] = [
    ("apply_async", options)
    for options in (
        "{'priority': -1}", "{'priority': 1000}", "{'priority': 'x'}", "{'headers': {'x': 10**30}}",
        "{'headers': {'y' * 300: 1}}", "{'task_id': '😀' * 100}", "{'queue': '😀' * 100}", "{'reply_to': 'y' * 300}",
        "{'time_limit': 10**30}", "{'headers': {'x': nan}}", "{'time_limit': '300'}", "{'soft_time_limit': '60'}",
        "{'expires': datetime(1, 1, 1)}", "{'retries': 'x'}", "{'replaced_task_nesting': 'x'}", "{'task_id': ('t',)}",
        "{'headers': {'timelimit': 5}}", "{'task_id': 5}", "{'time_limit': -1}", "{'retries': deep(2000)}",
        "{'task_id': 10**5000}", "{'root_id': Unprintable()}", "{'delivery_mode': '\\n'}",
        "{'user_id': 'x'}", "{'headers': {'CC': 'x'}}", "{'headers': {'x': 'z' * 150_000}}",
        "{'reply_to': 'amq.rabbitmq.reply-to'}", "{'queue': '_kombu.binding.celery'}", "{'queue': 'unacked'}",
        "{'queue': 'amq.x'}",
    )
] + [
    ("snooze", "{'seconds': nan}"), ("snooze", "{'seconds': 1e300}"), ("retry", "{'countdown': -5}"),
]  # fmt: skip
FOUND_MESSAGES: list[Broken] = [
    *({"text": text} for text in ("{broken", "null", "5", "[]", "{}", '"hi"', "[" * 100_000)),
    *({"body": body, "changes": []} for body in ('"hi"', "null", "[null, null, null]", "{broken")),
    *(
        {"changes": [{"path": path, "value": value}]}
        for path, value in (
            (["headers", "id"], {"delete": True}), (["headers", "id"], {"a": 1}), (["headers", "id"], 5),
            (["headers", "id"], "\ud800"), (["headers", "timelimit"], 5), (["headers", "eta"], "0001-01-01T00:00:00"),
            (["headers", "eta"], "zzz"), (["headers", "hardy"], 5), (["headers", "hardy"], [1]), (["headers"], {}),
            (["headers", "hardy"], 10**30), (["headers", "hardy"], {"token": 0, "attempts": 0, "eta": None}),
            (["properties"], {}), (["properties"], None), (["properties", "body_encoding"], "x"),
            (["properties", "body_encoding"], 2**63), (["properties", "delivery_tag"], {"a": 1}),
            (["properties", "delivery_info"], [5]), (["properties", "delivery_info"], "zzz"),
            (["properties", "reply_to"], {"__type__": "datetime", "__value__": []}),
            (["properties", "delivery_info", "routing_key"], "y" * 300), (["properties", "expiration"], "x"),
            (["properties", "user_id"], "x"), (["properties", "reply_to"], "amq.rabbitmq.reply-to"),
            (["properties", "immediate"], True), (["headers", "CC"], "x"), (["headers", "x"], "z" * 150_000),
            (["headers", "hardy_unreadable"], "x"), (["body"], None), (["body"], 5),
            (["content-type"], [1]), (["content-type"], "zzz"), (["headers", "compression"], "zzz"),
        )
    ),
    {
        "changes": [
            {"path": ["body"], "value": 2**33}, {"path": ["properties", "body_encoding"], "value": {"delete": True}},
        ]
    },
]  # fmt: skip
FOUND_ROWS: list[Broken] = [
    {"columns": {"due_at": ""}}, {"columns": {"due_at": "infinity"}}, {"columns": {"due_at": "-infinity"}},
    {"columns": {"due_at": "4713-01-01 BC"}}, {"columns": {"due_at": "2026-02-30 00:00:00"}},
    {"columns": {"token": 2**31 - 1}}, {"columns": {"attempts": 2**31 - 1}}, {"columns": {"token": 2_000_000_000}},
    {"columns": {"priority": "x"}}, *FOUND_MESSAGES,
    {
        "changes": [
            {"path": ["hardy_waits"], "value": {"since": 5}}, {"path": ["headers", "task"], "value": "nobody's"},
        ]
    },
    {"changes": [{"path": ["headers", "id"], "value": "300"}]},
]  # fmt: skip

# strategies

_one_option = st.tuples(st.sampled_from(OPTIONS), expressions).map(lambda pair: f"{pair[0]!r}: {pair[1]}")
_one_header = st.tuples(st.sampled_from(HEADERS), expressions).map(
    lambda pair: f"'headers': {{{pair[0]!r}: {pair[1]}}}"
)
_options = st.lists(_one_option | _one_header, min_size=1, max_size=3).map(
    lambda some: f"{{{', '.join(some)}}}"
)
sent = st.tuples(st.sampled_from(WAYS), _options)

_change = st.fixed_dictionaries(
    {"path": st.sampled_from(PATHS), "value": json_values | st.just({"delete": True})}
)
_changes = st.lists(_change, min_size=1, max_size=3)
_texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=30))
_bodies = st.one_of(st.sampled_from(BODIES), st.text(max_size=30))
messages = st.one_of(
    st.fixed_dictionaries({"text": _texts}),
    st.fixed_dictionaries({"changes": _changes}),
    st.fixed_dictionaries({"changes": _changes}),
    st.fixed_dictionaries({"body": _bodies, "changes": st.just([])}),
)
_column = st.sampled_from(sorted(COLUMNS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(COLUMNS[name]))
)
rows = st.one_of(
    st.lists(_column, min_size=1, max_size=2).map(lambda pairs: {"columns": dict(pairs)}),
    messages,
)

# the corpus: every option, header, column and place with every value that is listed, thinned out by `thin`


def every_option() -> list[Sent]:
    by_options = [("apply_async", f"{{{name!r}: {value}}}") for name in OPTIONS for value in EXPRESSIONS]
    by_headers = [
        ("apply_async", f"{{'headers': {{{name!r}: {value}}}}}") for name in HEADERS for value in EXPRESSIONS
    ]
    by_ways = [
        (way, f"{{{name!r}: {value}}}")
        for way in WAYS
        for name, value in (
            ("priority", "-1"), ("priority", "'x'"), ("time_limit", "'300'"), ("time_limit", "-1"), ("task_id", "5"),
            ("expires", "datetime(1, 1, 1)"), ("eta", "'zzz'"), ("countdown", "'x'"), ("countdown", "nan"),
            ("queue", "'😀' * 100"),
            ("headers", "{'x': 10**30}"), ("headers", "{'timelimit': 5}"), ("headers", "{'x': nan}"),
            ("retries", "'x'"),
            ("reply_to", "'y' * 300"), ("serializer", "'zzz'"), ("compression", "'zzz'"), ("link", "5"),
            ("root_id", "{}"),
        )
    ]  # fmt: skip
    return [*by_options, *by_headers, *by_ways]


def every_message() -> list[Broken]:
    changed: list[Broken] = [
        {"changes": [{"path": path, "value": value}]} for path in PATHS for value in [*JSON, {"delete": True}]
    ]
    return [{"text": text} for text in TEXTS] + [{"body": body, "changes": []} for body in BODIES] + changed


def every_row() -> list[Broken]:
    columns: list[Broken] = [
        {"columns": {name: value}} for name, values in COLUMNS.items() for value in values
    ]
    return columns + every_message()
