"""When the demonstration is over: every order has come to its end, and the ledger holds nothing that may start."""

from __future__ import annotations

from collections.abc import Iterable

from apps.orders.models import Order
from apps.payments.models import Card
from demo.customers import Customer
from demo.plan import Wish
from demo.site import Turned
from hardy.ledger.models import Job

#: They wait for an hour and for a day, as they should.
REMINDER = "notifications.send_reminder"


def customers_pay_again(customers: Iterable[Customer]) -> None:
    """Customers whose payment failed try again, with a good card, unless theirs was declined and they give up."""
    failed = set(Order.objects.filter(status=Order.Status.PAYMENT_FAILED).values_list("pk", flat=True))
    for customer in customers:
        for order in failed & set(customer.orders):
            if tries_again(customer.orders[order]):
                pay_again(customer, order)


def tries_again(wish: Wish) -> bool:
    return wish.card == Card.GOOD or wish.pays_again


def pay_again(customer: Customer, order: int) -> None:
    try:
        customer.pay_again(order, Card.GOOD)
    except Turned as answer:
        customer.site.tally.problem(str(answer))
    customer.site.tally.add("payments tried again by the customer")


def unfinished(domain: str) -> int:
    """How many tasks have not ended, reminders apart, and how many orders wait to be paid or shipped."""
    open_orders = Order.objects.filter(
        user__email__endswith=f"@{domain}", status__in=[Order.Status.PENDING, Order.Status.PROCESSING]
    )
    return Job.objects.exclude(task=REMINDER).count() + open_orders.count()
