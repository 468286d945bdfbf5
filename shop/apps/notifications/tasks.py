"""Mail is slow and may fail, so it is always a task. `occasions` knows whom to write, `services` writes."""

from __future__ import annotations

from datetime import date
from smtplib import SMTPException

from celery import group, shared_task
from celery.utils.log import get_task_logger
from django.db import OperationalError
from django.utils import timezone

from apps.notifications import occasions, services
from apps.orders.models import Order
from apps.users.models import User

logger = get_task_logger(__name__)

# A mail server that is away comes back, and so does a database. After 17 minutes at most (1, 2, 4 … 512 seconds, each
# shortened at random), it is a dead letter.
PATIENCE = {
    "autoretry_for": (OSError, SMTPException, OperationalError),
    "max_retries": 10,
    "retry_backoff": True,
    "retry_backoff_max": 600,
}


@shared_task(name="notifications.send_welcome_email", **PATIENCE)
def send_welcome_email(user_id: int) -> None:
    """Greet a new customer. Whoever has left meanwhile is not greeted, and that is no error."""
    try:
        user = User.objects.get(pk=user_id)
    except User.DoesNotExist:
        logger.warning("user %s is gone: no welcome mail", user_id)
        return
    services.EmailService.send_welcome(user)
    logger.info("welcome mail sent to user %s", user_id)


@shared_task(name="notifications.send_new_password", **PATIENCE)
def send_new_password(user_id: int) -> None:
    """Send the link with which a password is set. It is made here, so that no task holds it."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user:
        services.EmailService.send_new_password(user)


@shared_task(name="notifications.send_receipt", **PATIENCE)
def send_receipt(order_id: int) -> None:
    """Confirm a payment, once per order."""
    order = Order.objects.select_related("user").get(pk=order_id)
    if order.receipt_sent_at:
        logger.info("the receipt of order %s was sent before", order_id)
        return
    services.EmailService.send_receipt(order)
    occasions.mark_receipt_sent(order_id)


@shared_task(name="notifications.send_reminder", **PATIENCE)
def send_reminder(user_id: int) -> None:
    """Remind a customer of unpaid orders, if there still are any."""
    user = User.objects.filter(pk=user_id).first()
    unpaid = list(occasions.orders_to_be_reminded_of(user)) if user else []
    if not unpaid:
        logger.info("user %s has nothing to be reminded of", user_id)
        return
    services.EmailService.send_reminder(user, unpaid)
    occasions.mark_reminded(unpaid)


@shared_task(name="notifications.send_weekly_digest")
def send_weekly_digest() -> int:
    """Mail the week's digest to everyone who wants it and has not had it; returns to how many."""
    week = occasions.week_of(timezone.localdate())
    readers = list(occasions.readers_of_digest(week).values_list("pk", flat=True))
    group(send_digest.s(user_id, week.isoformat()) for user_id in readers).delay()
    return len(readers)


@shared_task(name="notifications.send_digest", **PATIENCE)
def send_digest(user_id: int, week: str) -> None:
    """One customer's digest of the week that begins on a Monday."""
    monday = date.fromisoformat(week)
    user = occasions.readers_of_digest(monday).filter(pk=user_id).first()
    if user is None:
        logger.info("user %s has had the digest of %s, or wants none", user_id, week)
        return
    orders = list(occasions.orders_of_week(user, monday))
    services.EmailService.send_digest(user, monday, orders, list(occasions.almost_gone()))
    occasions.mark_digest_sent(user, monday)
