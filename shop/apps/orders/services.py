"""What customers can ask of `orders`."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.notifications.tasks import send_reminder
from apps.orders import work
from apps.orders.models import Order
from apps.orders.work import Wanted
from apps.payments.models import Card, Payment
from apps.payments.tasks import charge_card
from apps.users.models import User

__all__ = ["Wanted", "place_order"]


def place_order(user: User, wanted: Iterable[Wanted], card: str = Card.GOOD) -> Order:
    """The order, or OutOfStock. Stock, order, payment and tasks are kept together or not at all."""
    with transaction.atomic():
        order = work.create(user, wanted)
        Payment.objects.create(order=order, card=card)
        charge_card.delay(order.pk)
        send_reminder.apply_async(args=[user.pk], countdown=settings.REMINDER_AFTER_SECONDS)
        send_reminder.apply_async(args=[user.pk], eta=timezone.now() + settings.LAST_REMINDER_AFTER)
    return order
