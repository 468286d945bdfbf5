"""Charging a card. However often a task runs, the gateway takes the money of an order once.

Three things hold that together: only a pending order is charged, and that is decided with its row locked; the
gateway is called with an idempotency key, the id of the task; and the key stays with the payment while the
outcome is unknown, so that even another task asks the same question instead of a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.vendors import Vendor, VendorRefused
from apps.orders import work as orders
from apps.orders.models import Order, OrderEvent
from apps.payments.models import FailedCharge, Payment
from apps.users.models import User

PAYMENT_REQUIRED = 402


class CardDeclined(Exception):
    """The gateway will not charge this card; no money has moved."""


@dataclass(frozen=True)
class Charge:
    """What to ask of the gateway."""

    order_id: int
    amount: str
    currency: str
    card: str
    key: str


def pending(order_id: int) -> Order | None:
    """The order if it waits for payment, locked: whoever else wants to charge it waits for us."""
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    return order if order and order.status == Order.Status.PENDING else None


def open_charge(order_id: int, task_id: str) -> Charge | None:
    """The charge to be made, or None when the order is not waiting for one."""
    with transaction.atomic():
        order = pending(order_id)
        if order is None:
            return None
        payment, _ = Payment.objects.get_or_create(order=order)
        payment.idempotency_key = payment.idempotency_key or task_id
        payment.attempts += 1
        payment.save(update_fields=["idempotency_key", "attempts"])
    return Charge(order.pk, str(order.total), order.currency, payment.card, payment.idempotency_key)


def capture(charge: Charge) -> dict[str, Any]:
    """The gateway's receipt, or CardDeclined, or a VendorError after which nobody knows."""
    wanted = {
        "order": charge.order_id,
        "amount": charge.amount,
        "currency": charge.currency,
        "card": charge.card,
    }
    try:
        receipt: dict[str, Any] = Vendor("gateway").call("POST", "/charges", key=charge.key, json=wanted)
    except VendorRefused as refusal:
        if refusal.status != PAYMENT_REQUIRED:
            raise
        forget_key(charge)
        raise CardDeclined(f"The card ending in {charge.card[-4:]} was declined.") from refusal
    return receipt


def forget_key(charge: Charge) -> None:
    """No money moved under this key. The next task to charge brings its own."""
    Payment.objects.filter(order_id=charge.order_id, idempotency_key=charge.key).update(idempotency_key="")


def record_capture(order_id: int, receipt: dict[str, Any]) -> bool:
    """Whether this call made the order a paid one. Belongs into the transaction that says what follows."""
    order = pending(order_id)
    if order is None:
        return False
    order.status = Order.Status.PROCESSING
    order.save(update_fields=["status"])
    Payment.objects.filter(order=order).update(
        status=Payment.Status.CHARGED, charge_id=receipt["id"], charged_at=timezone.now()
    )
    orders.record(order.pk, OrderEvent.Kind.CHARGED, f"{order.total} {order.currency}")
    return True


def give_up(order_id: int, error: str, task_id: str) -> FailedCharge | None:
    """Put the charge on the staff's table, unless the order was paid meanwhile."""
    with transaction.atomic():
        order = pending(order_id)
        if order is None:
            return None
        order.status = Order.Status.PAYMENT_FAILED
        order.save(update_fields=["status"])
        orders.record(order_id, OrderEvent.Kind.CHARGE_FAILED, error)
        return FailedCharge.objects.create(order_id=order_id, error=error, task_id=task_id)


def reopen(order_id: int, by: User) -> bool:
    """Whether the order waits for payment again by this call. Belongs into the transaction that charges."""
    reopened = Order.objects.filter(pk=order_id, status=Order.Status.PAYMENT_FAILED).update(
        status=Order.Status.PENDING
    )
    if reopened:
        FailedCharge.objects.filter(order_id=order_id, retried_at=None).update(
            retried_at=timezone.now(), retried_by=by
        )
        orders.record(order_id, OrderEvent.Kind.CHARGE_RETRIED, f"by {by.get_short_name()}")
    return bool(reopened)


def change_card(order_id: int, card: str) -> bool:
    """Whether the order will be charged to this card. Not while the gateway may have charged the old one."""
    return bool(Payment.objects.filter(order_id=order_id, idempotency_key="").update(card=card))
