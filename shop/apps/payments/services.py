"""What staff and customers can ask of `payments`."""

from __future__ import annotations

from django.db import transaction

from apps.orders.models import Order
from apps.payments import work
from apps.payments.tasks import charge_card
from apps.users.models import User


def charge_again(order: Order, by: User, card: str | None = None) -> bool:
    """Whether the order is charged again: only one whose payment failed is, and only once per failure.

    Another card is taken when the first was declined. While it is unknown whether the first one was charged,
    the same question is asked again.
    """
    with transaction.atomic():
        if not work.reopen(order.pk, by):
            return False
        if card:
            work.change_card(order.pk, card)
        charge_card.delay(order.pk)
    return True
