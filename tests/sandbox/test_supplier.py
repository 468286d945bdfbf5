from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.sandbox.process import sandbox_process

INVENTORY = "/supplier/inventory"


def test_the_feed_lists_sku_available_and_price(sandbox):
    feed = sandbox.call("GET", INVENTORY).body

    assert len({item["sku"] for item in feed}) == len(feed) > 0
    assert all(set(item) == {"sku", "available", "price"} for item in feed)
    assert all(item["available"] >= 0 and float(item["price"]) > 0 for item in feed)


def test_stock_sells_down_and_is_filled_up_again(sandbox):
    levels = [sandbox.call("GET", f"{INVENTORY}?move={n}&sku=A").body[0]["available"] for n in range(40)]

    steps = [after - before for before, after in pairwise(levels)]
    assert min(steps) < 0 < max(steps)


def test_the_same_seed_moves_the_same_way_and_another_one_does_not(sandbox):
    at_move_five = f"{INVENTORY}?move=5"

    with sandbox_process(None, "--seed", "hardy") as same, sandbox_process(None, "--seed", "other") as other:
        feeds = [each.call("GET", at_move_five).body for each in (sandbox, same, other)]

    assert feeds[0] == feeds[1] != feeds[2]


def test_only_the_skus_asked_for_are_answered_and_any_is_known(sandbox):
    feed = sandbox.call("GET", f"{INVENTORY}?sku=NEW-1&sku=HARDY-001").body

    assert [item["sku"] for item in feed] == ["NEW-1", "HARDY-001"]


def test_what_is_set_stays_until_it_is_deleted(sandbox):
    fixed = {"sku": "HARDY-001", "available": 5, "price": "9.90"}
    added = {"sku": "NEW-1", "available": 0, "price": "1.00"}
    moving = sandbox.call("GET", f"{INVENTORY}?sku=HARDY-001&move=3").body

    assert sandbox.call("PUT", INVENTORY, [fixed, added]).body == [fixed, added]

    for move in (1, 3, 50):
        assert sandbox.call("GET", f"{INVENTORY}?sku=HARDY-001&move={move}").body == [fixed]
    assert added in sandbox.call("GET", INVENTORY).body
    assert sandbox.call("DELETE", INVENTORY).body == {"deleted": 2}
    assert sandbox.call("GET", f"{INVENTORY}?sku=HARDY-001&move=3").body == moving


@pytest.mark.parametrize(
    ("field", "value"),
    [("sku", ""), ("sku", 7), ("available", -1), ("available", "5"), ("available", True), ("price", "free")],
)
def test_a_wrong_item_is_refused_and_none_of_its_list_is_set(sandbox, field, value):
    good = {"sku": "NEW-1", "available": 5, "price": "9.90"}

    answer = sandbox.call("PUT", INVENTORY, [good, {**good, field: value}])

    assert answer.status == 400
    assert list(answer.body["fields"]) == [field]
    assert good not in sandbox.call("GET", INVENTORY).body


@pytest.mark.parametrize("move", ["-1", "soon", "1.5", "²"])
def test_a_move_that_is_no_number_is_refused(sandbox, move):
    assert sandbox.call("GET", f"{INVENTORY}?move={quote(move)}").status == 400
