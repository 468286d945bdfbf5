from __future__ import annotations

import re
from typing import Any

from tests.sandbox.process import Answer, Sandbox


def ship(sandbox: Sandbox, key: str = "task-1", **changed: Any) -> Answer:
    return sandbox.call("POST", "/carrier/shipments", {"order": 7, **changed}, Idempotency_Key=key)


def shipments(sandbox: Sandbox, query: str = "") -> list[dict[str, Any]]:
    return sandbox.call("GET", f"/carrier/shipments{query}").body


def test_a_parcel_gets_a_tracking_number_and_keeps_what_the_shop_said(sandbox):
    answer = ship(sandbox, address="Hauptstraße 1")

    assert answer.status == 201
    assert re.fullmatch("HD(-[0-9A-Z]{4}){3}", answer.body["tracking_number"])
    assert answer.body["address"] == "Hauptstraße 1"
    assert shipments(sandbox) == [answer.body]


def test_the_same_key_ships_once(sandbox):
    first = ship(sandbox)

    again = ship(sandbox)

    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(shipments(sandbox)) == 1


def test_the_same_key_for_another_order_is_refused(sandbox):
    ship(sandbox)

    assert ship(sandbox, order=8).status == 422
    assert [parcel["order"] for parcel in shipments(sandbox)] == [7]


def test_two_parcels_have_two_tracking_numbers(sandbox):
    numbers = {ship(sandbox, key).body["tracking_number"] for key in ("task-1", "task-2")}

    assert len(numbers) == 2


def test_parcels_are_found_by_order_and_by_tracking_number(sandbox):
    first = ship(sandbox, "task-1", order=1).body
    second = ship(sandbox, "task-2", order=2).body

    assert shipments(sandbox, "?order=1") == [first]
    assert shipments(sandbox, f"?tracking_number={second['tracking_number'].lower()}") == [second]


def test_a_parcel_without_order_or_key_is_refused(sandbox):
    assert ship(sandbox, order=None).body["fields"] == {"order": "an order's number"}
    assert sandbox.call("POST", "/carrier/shipments", {"order": 7}).status == 400
    assert shipments(sandbox) == []
