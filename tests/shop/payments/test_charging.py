"""A card is charged once, whatever fails on the way."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from apps.orders.models import Order, OrderEvent
from apps.payments.models import Card, FailedCharge, Payment
from apps.payments.tasks import charge_card
from hardy.testing.worker import Killed

pytestmark = pytest.mark.django_db


def charges(sandbox):
    return sandbox.call("GET", "/gateway/charges").body


def test_the_task_keeps_its_contract():
    assert (charge_card.name, charge_card.max_retries) == ("payments.charge_card", 3)


def test_the_idempotency_key_is_the_id_of_the_task(sandbox, pending_order):
    charge_card.apply(args=[pending_order.pk], task_id="task-7")

    [charge] = charges(sandbox)
    assert charge["idempotency_key"] == "task-7"
    assert Payment.objects.get().charge_id == charge["id"]


def test_a_paid_order_is_not_charged_again(sandbox, pending_order):
    charge_card.apply(args=[pending_order.pk], task_id="first")
    charge_card.apply(args=[pending_order.pk], task_id="second")

    assert [charge["idempotency_key"] for charge in charges(sandbox)] == ["first"]


@pytest.mark.parametrize(
    "status", [Order.Status.PROCESSING, Order.Status.SHIPPED, Order.Status.PAYMENT_FAILED]
)
def test_only_a_pending_order_is_charged(sandbox, pending_order, status):
    Order.objects.update(status=status)

    charge_card(pending_order.pk)

    assert charges(sandbox) == []


def test_an_answer_that_was_lost_does_not_charge_twice(sandbox, pending_order, patience):
    sandbox.break_vendors(gateway={"reset": True, "after": True, "times": 2})

    charge_card.apply(args=[pending_order.pk])

    pending_order.refresh_from_db()
    assert pending_order.status == Order.Status.SHIPPED
    assert len(charges(sandbox)) == 1


def test_another_task_asks_with_the_same_key_while_the_outcome_is_unknown(sandbox, pending_order):
    sandbox.break_vendors(gateway={"reset": True, "after": True, "times": 1})
    with pytest.raises(ConnectionError):
        charge_card.apply(args=[pending_order.pk], task_id="first", throw=True)

    charge_card.apply(args=[pending_order.pk], task_id="second")

    assert [charge["idempotency_key"] for charge in charges(sandbox)] == ["first"]


def test_exhausted_retries_end_in_the_dead_letter_table(sandbox, pending_order, patience):
    Payment.objects.update(card=Card.DECLINED)

    result = charge_card.apply(args=[pending_order.pk], task_id="task-7")

    failed = FailedCharge.objects.get()
    pending_order.refresh_from_db()
    assert result.state == "SUCCESS"
    assert (failed.order_id, failed.task_id) == (pending_order.pk, "task-7")
    assert failed.error == "The card ending in 0002 was declined."
    assert pending_order.status == Order.Status.PAYMENT_FAILED
    assert pending_order.events.last().kind == OrderEvent.Kind.CHARGE_FAILED
    assert Payment.objects.get().attempts == 4
    assert charges(sandbox) == []


def test_any_exception_is_retried_first(pending_order, patience):
    with patch("apps.payments.tasks._do_charge", side_effect=KeyError("boom")) as mock_charge:
        charge_card.apply(args=[pending_order.pk])

    assert mock_charge.call_count == 4
    assert FailedCharge.objects.get().error == "'boom'"


def test_a_crash_after_the_charge_is_healed_by_the_next_run(sandbox, pending_order):
    with patch("apps.payments.work.record_capture", side_effect=Killed), pytest.raises(Killed):
        charge_card.apply(args=[pending_order.pk], task_id="task-7")

    charge_card.apply(args=[pending_order.pk], task_id="task-7")

    pending_order.refresh_from_db()
    assert pending_order.status == Order.Status.SHIPPED
    assert len(charges(sandbox)) == 1


def test_an_order_that_is_gone_is_not_charged(sandbox):
    result = charge_card.apply(args=[99999])

    assert result.state == "SUCCESS"
    assert charges(sandbox) == []
