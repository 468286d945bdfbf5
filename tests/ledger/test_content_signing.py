"""With a signing key, a message that was not signed with it is read by nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hardy.conf import settings as hardy_settings
from hardy.errors import BadSetting, Undecodable, Unsigned
from hardy.ledger.message import decode, serialize

KEY, OLD, ANOTHER = ("k" * 40, "o" * 40, "a" * 40)


@pytest.fixture
def sign_with(settings: Any) -> Callable[..., None]:
    def choose(key: str | None, *fallbacks: str) -> None:
        settings.HARDY = {
            **getattr(settings, "HARDY", {}), "SIGNING_KEY": key, "SIGNING_KEY_FALLBACKS": list(fallbacks)
        }  # fmt: skip

    return choose


def message(args: Any = (1, 2), compress: str | None = None, **headers: Any) -> dict[str, Any]:
    kept = serialize(
        [list(args), {}, {}], {"id": "job-1", "task": "shop.add", "retries": 0, **headers}, {},
        queue="default", serializer="json", compression=compress,
    )  # fmt: skip
    return json.loads(kept.text)


def read(said: dict[str, Any]) -> dict[str, Any]:
    return decode(json.dumps(said))


def test_what_was_signed_is_read(sign_with):
    sign_with(KEY)

    assert read(message())["headers"]["task"] == "shop.add"


def test_compression_changes_nothing(sign_with):
    sign_with(KEY)
    said = message(compress="gzip")

    assert said["headers"]["compression"]
    assert read(said)
    said["headers"]["compression"] = "nonsense"
    with pytest.raises(Undecodable, match="cannot be decompressed"):
        read(said)


def test_without_a_key_nothing_is_signed_and_everything_is_read(sign_with):
    sign_with(None)
    plain = message()

    assert "hardy_signature" not in plain["headers"]
    assert read(plain)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda said: said["headers"].update(id="job-2"),
        lambda said: said["headers"].update(task="shop.remove"),
        lambda said: said["headers"].update(hardy_signature="0" * 64),
        lambda said: said["headers"].update(hardy_signature="\ud800"),
        lambda said: said["headers"].update(hardy_signature=7),
        lambda said: said["headers"].pop("hardy_signature"),
        lambda said: said.update(body=said["body"].replace("1", "3")),
        lambda said: said.update({"content-type": "application/x-python-serialize"}),
        lambda said: said.update({"content-encoding": "latin-1"}),
    ],
)
def test_what_was_changed_is_not(sign_with, tamper):
    sign_with(KEY)
    said = message()
    tamper(said)

    with pytest.raises(Unsigned, match="SIGNING_KEY"):
        read(said)


def test_what_celery_counts_on_the_way_may_change(sign_with):
    sign_with(KEY)
    said = message()
    said["headers"].update(retries=3, eta="2030-01-01T00:00:00+00:00")

    assert read(said)["headers"]["retries"] == 3


def test_a_key_is_changed_while_messages_wait(sign_with):
    sign_with(OLD)
    waiting = message()

    sign_with(KEY, ANOTHER, OLD)
    assert read(waiting)
    sign_with(KEY)
    with pytest.raises(Unsigned):
        read(waiting)


@pytest.mark.parametrize("fallback", ["", "a", "k" * 31])
def test_a_fallback_that_could_be_guessed_is_refused_too(settings, fallback):
    settings.HARDY = {"SIGNING_KEY": KEY, "SIGNING_KEY_FALLBACKS": [OLD, fallback]}

    with pytest.raises(BadSetting, match=r"SIGNING_KEY_FALLBACKS.*at least 32 characters"):
        _ = hardy_settings.SIGNING_KEY_FALLBACKS


@pytest.mark.parametrize(("key", "says"), [("short", "at least 32 characters"), (7, "must be a str")])
def test_a_key_that_could_be_guessed_is_refused(settings, key, says):
    settings.HARDY = {"SIGNING_KEY": key}

    with pytest.raises(BadSetting, match=says):
        _ = hardy_settings.SIGNING_KEY
