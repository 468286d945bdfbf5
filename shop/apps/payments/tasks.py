"""Charging, and what a paid order sets off."""

from __future__ import annotations

from celery import Task, shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.db import transaction

from apps.crm.tasks import sync_contact_to_crm
from apps.crm.work import contact_of
from apps.notifications.tasks import send_receipt
from apps.orders.models import Order
from apps.orders.tasks import pack_order
from apps.payments import work

logger = get_task_logger(__name__)


@shared_task(bind=True, max_retries=3, name="payments.charge_card")
def charge_card(self: Task, order_id: int) -> None:
    """Charge an order that waits for payment. What can't be charged ends in FailedCharge, for the staff."""
    try:
        _do_charge(order_id)
    except Exception as exc:
        if self.request.retries < self.max_retries:
            raise self.retry(
                exc=exc, countdown=settings.PAYMENT_RETRY_SECONDS * 2**self.request.retries
            ) from exc
        logger.warning("order %s can't be charged: %s", order_id, exc)
        work.give_up(order_id, str(exc), self.request.id)


def _do_charge(order_id: int) -> None:
    """The gateway is called between two transactions, never inside one."""
    charge = work.open_charge(order_id, charge_card.request.id or f"order-{order_id}")
    if charge is None:
        logger.info("order %s is not waiting for payment", order_id)
        return
    receipt = work.capture(charge)
    with transaction.atomic():
        if work.record_capture(order_id, receipt):
            _follow_up(Order.objects.get(pk=order_id))


def _follow_up(order: Order) -> None:
    """A paid order is confirmed, known to the CRM, and packed.

    In this order, but none waits for another to succeed: a CRM that is down must not hold the parcel back.
    """
    send_receipt.delay(order.pk)
    sync_contact_to_crm.apply_async(args=[contact_of(order.user_id).pk], queue="high_priority")
    pack_order.delay(order.pk)
