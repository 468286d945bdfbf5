"""What is sent with a wrong option is put right, or refused where it is sent, with the remedy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hardy.errors import Undecodable, Unsendable
from hardy.ledger.headers import checked
from hardy.ledger.message import decode
from hardy.ledger.models import Job
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain

HEADERS = {"id": "job-1", "task": "shop.add"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"timelimit": ["300", "60"]}, [300, 60]),
        ({"timelimit": (10**30, None)}, [100 * 365 * 24 * 3600, None]),
        ({"retries": "2"}, 2),
        ({"id": 5}, "5"),
        ({"id": ("t",)}, "('t',)"),
        ({"root_id": 7}, "7"),
        ({"expires": "0001-01-01T00:00:00"}, "1970-01-02T00:00:00+00:00"),
        ({"expires": "9999-12-31T23:59:59+00:00"}, "9998-12-30T00:00:00+00:00"),
    ],
)
def test_what_is_clear_is_put_right(given: dict[str, Any], kept: Any) -> None:
    [name] = given

    assert checked({**HEADERS, **given})[name] == kept


@pytest.mark.parametrize(
    "given",
    [
        {"timelimit": 5},
        {"timelimit": [-1, None]},
        {"timelimit": ["soon", None]},
        {"timelimit": [float("nan"), None]},
        {"retries": "x"},
        {"retries": -1},
        {"replaced_task_nesting": "x"},
        {"eta": "zzz"},
        {"expires": [1]},
        {"id": None},
        {"id": "a\0b"},
        {"id": "\ud800"},
        {"id": "🙂" * 256},
        {"task": "t" * 256},
        {"stamped_headers": 5},
        {"stamped_headers": [5]},
        {"stamps": 5},
        pytest.param({"id": 10**5000}, id="an id of 5,000 digits"),
        pytest.param({"root_id": 10**5000}, id="a root of 5,000 digits"),
    ],
)
def test_what_is_not_clear_is_refused_with_the_remedy(given: dict[str, Any]) -> None:
    with pytest.raises(Unsendable):
        checked({**HEADERS, **given})


@pytest.mark.parametrize(
    "options",
    [
        {"time_limit": "soon"},
        {"time_limit": -1},
        {"retries": "x"},
        {"headers": {"timelimit": 5}},
        {"headers": {"deep": object()}},
        {"task_id": "x" * 300},
        {"queue": "q" * 300},
        {"queue": b"\xff"},
    ],
)
def test_every_way_of_sending_refuses_it_and_writes_nothing(app: Any, options: dict[str, Any]) -> None:
    add = app.task(name="shop.add")(three)

    for send in (add.apply_async, add.s().apply_async, lambda **given: app.send_task("shop.add", **given)):
        with pytest.raises(Unsendable):
            send(**options)

    assert Job.objects.using(ALIAS).count() == 0


@pytest.mark.parametrize(
    "options",
    [
        {"time_limit": "300"},
        {"priority": "x"},
        {"priority": -1},
        {"task_id": 5},
        {"expires": datetime(9999, 12, 31, tzinfo=UTC)},
    ],
)
def test_what_stock_celery_runs_runs(app: Any, options: dict[str, Any]) -> None:
    app.task(name="shop.add")(three).apply_async(**options)

    assert drain(app) == 1


def test_a_message_that_is_too_long_is_refused(app: Any, settings: Any) -> None:
    settings.HARDY = {**settings.HARDY, "MAX_MESSAGE_BYTES": 1000}
    echo = app.task(name="shop.echo")(echoed)

    with pytest.raises(Unsendable, match="MAX_MESSAGE_BYTES"):
        echo.delay("x" * 1000)


def stored(headers: Any, properties: Any, body: Any = "") -> str:
    texts = {"content-type": "application/json", "content-encoding": "utf-8"}
    return json.dumps({"headers": headers, "properties": properties, "body": body, **texts})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "no json",
        '{"headers": {}}',
        stored({}, None),
        stored(HEADERS, {}, body=None),
        stored({**HEADERS, "timelimit": 5}, {}),
        stored(HEADERS, {"body_encoding": "base64"}, body="?"),
        stored(HEADERS, {"body_encoding": "rot13"}),
        "[" * 100_000,
    ],
)
def test_a_stored_message_that_is_none_is_undecodable_and_nothing_worse(text: str) -> None:
    with pytest.raises(Undecodable):
        decode(text)


def echoed(text: str) -> str:
    return text


def three() -> int:
    return 3
