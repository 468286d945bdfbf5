"""From paid to shipped."""

from __future__ import annotations

from celery import Task, shared_task
from celery.utils.log import get_task_logger
from django.db import OperationalError, transaction

from apps.core.vendors import RateLimited
from apps.orders import work
from apps.orders.models import Order

logger = get_task_logger(__name__)


@shared_task(
    bind=True,
    name="orders.pack",
    max_retries=10,
    autoretry_for=(
        ConnectionError,
        TimeoutError,
        OperationalError,
    ),  # the carrier is away, or the database is
    retry_backoff=True,
    retry_backoff_max=600,
)
def pack_order(self: Task, order_id: int) -> None:
    """Hand the parcel to the carrier; its tracking number says where the order goes next."""
    order = Order.objects.get(pk=order_id)
    if order.status != Order.Status.PROCESSING:
        logger.info("order %s is %s: nothing to pack", order_id, order.get_status_display())
        return
    try:
        tracking_number = work.hand_to_carrier(order)
    except RateLimited as exc:
        raise self.retry(exc=exc, countdown=exc.retry_after) from exc
    with transaction.atomic():
        work.mark_packed(order_id)
        mark_order_shipped.delay(order_id, tracking_number)


@shared_task(name="orders.mark_shipped")
def mark_order_shipped(order_id: int, tracking_number: str) -> None:
    """Ship an order that is being processed. Run many times, it takes effect once."""
    if work.mark_shipped(order_id, tracking_number):
        logger.info("order %s shipped as %s", order_id, tracking_number)
    else:
        logger.info("order %s was not updated: it is not being processed", order_id)
