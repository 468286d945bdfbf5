"""Who is written to, about what, and whether it has been done: the database's side of the mails."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.notifications.models import WeeklyDigest
from apps.orders import work as orders
from apps.orders.models import Order, OrderEvent
from apps.products.models import Product
from apps.users.models import User

WEEK = timedelta(days=7)
BETWEEN_REMINDERS = timedelta(minutes=30)
FEW = 5


def mark_receipt_sent(order_id: int) -> None:
    with transaction.atomic():
        first = Order.objects.filter(pk=order_id, receipt_sent_at=None).update(receipt_sent_at=timezone.now())
        if first:
            orders.record(order_id, OrderEvent.Kind.RECEIPT_SENT)


def orders_to_be_reminded_of(user: User) -> QuerySet[Order]:
    """Unpaid orders that have waited, and of which the customer was not reminded just now."""
    moment = timezone.now() - BETWEEN_REMINDERS
    not_just_now = Q(reminded_at=None) | Q(reminded_at__lt=moment)
    return Order.objects.unpaid().filter(not_just_now, user=user, placed_at__lt=moment)


def mark_reminded(unpaid: list[Order]) -> None:
    with transaction.atomic():
        Order.objects.filter(pk__in=[order.pk for order in unpaid]).update(reminded_at=timezone.now())
        for order in unpaid:
            orders.record(order.pk, OrderEvent.Kind.REMINDED)


def week_of(day: date) -> date:
    """The Monday that names a week."""
    return day - timedelta(days=day.weekday())


def readers_of_digest(week: date) -> QuerySet[User]:
    """Customers who want the digest and have not had the one of this week."""
    return User.objects.filter(is_active=True, wants_digest=True).exclude(digests__week=week)


def orders_of_week(user: User, week: date) -> QuerySet[Order]:
    """What the customer ordered in the seven days before the Monday."""
    return Order.objects.filter(user=user, placed_at__date__gte=week - WEEK, placed_at__date__lt=week)


def almost_gone() -> QuerySet[Product]:
    return Product.objects.on_sale().filter(stock__lt=F("refill_below")).order_by("stock", "pk")[:FEW]


def mark_digest_sent(user: User, week: date) -> None:
    WeeklyDigest.objects.get_or_create(user=user, week=week)
