"""The signature of a ledger header: whatever a message says there, the answer is yes or no."""

from __future__ import annotations

from typing import Any

import pytest

from hardy.ledger.signing import is_genuine, signature

HEADER = {"token": 3, "attempts": 1}


def header(**said: Any) -> dict[str, Any]:
    return {**HEADER, "signature": signature("job-1", "shop.add", 3, 1), **said}


def test_what_this_project_signed_is_genuine_for_that_job_and_task_alone():
    assert is_genuine(header(), "job-1", "shop.add")
    assert not is_genuine(header(), "job-2", "shop.add")
    assert not is_genuine(header(), "job-1", "shop.remove")
    assert not is_genuine(header(token=4), "job-1", "shop.add")


def test_a_secret_key_is_changed_while_messages_wait(settings):
    waiting, before = header(), settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert not is_genuine(waiting, "job-1", "shop.add")

    settings.SECRET_KEY_FALLBACKS = [before]

    assert is_genuine(waiting, "job-1", "shop.add")


@pytest.mark.parametrize("said", ["", "é", "\ud800", "0" * 32, None, 7, [], {}])
def test_nothing_else_is(said):
    assert not is_genuine(header(signature=said), "job-1", "shop.add")


@pytest.mark.parametrize("whole", [None, 5, [1], "hardy", {}, {"token": "3"}, {"token": True, "attempts": 1}])
def test_nor_is_what_is_no_header(whole):
    assert not is_genuine(whole, "job-1", "shop.add")
