from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.process import Answer, Sandbox

CHARGE = {"order": 7, "amount": "12.50", "currency": "EUR", "card": "4242424242424242"}
DECLINED_CARD = "4000000000000002"


def charge(sandbox: Sandbox, key: str = "task-1", **changed: Any) -> Answer:
    return sandbox.call("POST", "/gateway/charges", {**CHARGE, **changed}, Idempotency_Key=key)


def charges(sandbox: Sandbox, query: str = "") -> list[dict[str, Any]]:
    return sandbox.call("GET", f"/gateway/charges{query}").body


def test_a_charge_moves_the_money_and_forgets_the_card(sandbox):
    answer = charge(sandbox)

    assert answer.status == 201
    assert (answer.body["order"], answer.body["amount"], answer.body["currency"]) == (7, "12.50", "EUR")
    assert answer.body["status"] == "succeeded"
    assert charges(sandbox) == [answer.body]
    assert CHARGE["card"] not in str(charges(sandbox))


def test_the_same_key_charges_once_and_gets_the_same_answer(sandbox):
    first = charge(sandbox)

    again = charge(sandbox)

    assert (again.status, again.body) == (first.status, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(charges(sandbox)) == 1


def test_the_same_key_charges_once_however_many_ask_at_once(sandbox):
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: charge(sandbox), range(16)))

    assert {answer.body["id"] for answer in answers} == {charges(sandbox)[0]["id"]}
    assert len(charges(sandbox)) == 1


def test_the_same_amount_written_otherwise_is_the_same_charge(sandbox):
    first = charge(sandbox, amount="12.50")

    again = charge(sandbox, amount=12.5, currency="eur", card="4242 4242 4242 4242")

    assert again.body == first.body


def test_the_same_key_with_another_body_is_refused(sandbox):
    charge(sandbox)

    answer = charge(sandbox, amount="99.00")

    assert (answer.status, answer.body["error"]) == (422, "idempotency_key_reused")
    assert [made["amount"] for made in charges(sandbox)] == ["12.50"]


def test_another_key_charges_again(sandbox):
    charge(sandbox, "task-1")
    charge(sandbox, "task-2")

    assert len(charges(sandbox)) == 2


def test_a_charge_without_a_key_is_refused(sandbox):
    answer = sandbox.call("POST", "/gateway/charges", CHARGE)

    assert (answer.status, answer.body["error"]) == (400, "idempotency_key_missing")
    assert charges(sandbox) == []


def test_a_declined_card_moves_no_money(sandbox):
    answer = charge(sandbox, card=DECLINED_CARD)

    assert (answer.status, answer.body["error"]) == (402, "card_declined")
    assert charges(sandbox) == []
    (decline,) = sandbox.call("GET", "/gateway/declines").body
    assert (decline["order"], decline["status"], decline["card_last4"]) == (7, "declined", "0002")


def test_a_declined_key_may_be_charged_with_another_card(sandbox):
    charge(sandbox, card=DECLINED_CARD)

    assert charge(sandbox).status == 201


def test_a_decline_on_request_ends_after_as_many_times_as_asked(sandbox):
    sandbox.break_vendors(gateway={"decline": True, "times": 2})

    assert [charge(sandbox).status for _ in range(3)] == [402, 402, 201]


def test_a_charge_whose_answer_was_lost_is_charged_once_when_tried_again(sandbox):
    sandbox.break_vendors(gateway={"reset": True, "after": True, "times": 1})

    with pytest.raises(OSError, match=r"reset|closed"):
        charge(sandbox)
    again = charge(sandbox)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(charges(sandbox)) == 1


def test_charges_are_found_by_order_and_by_key(sandbox):
    charge(sandbox, "task-1", order=1)
    charge(sandbox, "task-2", order="A-2")

    assert [made["order"] for made in charges(sandbox, "?order=1")] == [1]
    assert [made["order"] for made in charges(sandbox, "?key=task-2")] == ["A-2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order", ""),
        ("order", None),
        ("order", True),
        ("amount", "0"),
        ("amount", -1),
        ("amount", "12.505"),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "1e9"),
        ("amount", True),
        ("amount", None),
        ("currency", "EURO"),
        ("currency", None),
        ("card", "4242"),
        ("card", None),
    ],
)
def test_a_wrong_field_is_named(sandbox, field, value):
    answer = charge(sandbox, **{field: value})

    assert answer.status == 400
    assert list(answer.body["fields"]) == [field]
    assert charges(sandbox) == []


def test_deleting_forgets_charges_declines_and_keys(sandbox):
    charge(sandbox)
    charge(sandbox, "task-2", card=DECLINED_CARD)

    assert sandbox.call("DELETE", "/gateway/charges").body == {"deleted": 1}

    assert charges(sandbox) == []
    assert sandbox.call("GET", "/gateway/declines").body == []
    assert "Idempotent-Replayed" not in charge(sandbox, amount="1.00").headers
