"""What really happened, from both sides: the shop's database and the vendors' own books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from apps.orders.models import Order
from apps.products.models import Product, StockMove
from apps.users.models import User
from demo.sandbox import Sandbox
from demo.settling import REMINDER
from hardy.ledger.models import DeadLetter, Job, Run

Document = dict[str, Any]
ByOrder = dict[int, list[Document]]


@dataclass(frozen=True)
class Evidence:
    """Everything about the customers of one domain, since a moment."""

    customers: list[User]
    orders: list[Order]
    confirmed: set[int]  # the orders that customers were told of
    charges: ByOrder
    shipments: ByOrder
    mails: dict[str, list[Document]]  # by address
    contacts: dict[str, Document]  # the CRM's, by number
    sold: dict[str, dict[int, int]]  # by the move's reference: product and quantity
    products: list[Product]  # each with the sum of its moves, as `moved`
    jobs: list[Job]
    letters: list[DeadLetter]
    runs: dict[str, int]  # by outcome
    lost_receipts: int  # attempts to mail one that ended with their worker

    @property
    def paid(self) -> list[Order]:
        return [
            order for order in self.orders if order.status in (Order.Status.PROCESSING, Order.Status.SHIPPED)
        ]

    def receipts(self, order: Order) -> list[Document]:
        return self._mails(order.user, f"Your receipt for order {order.pk}")

    def welcomes(self, customer: User) -> list[Document]:
        return self._mails(customer, "Welcome to the Hardy Shop")

    def _mails(self, to: User, subject: str) -> list[Document]:
        return [mail for mail in self.mails.get(to.email, []) if mail["subject"] == subject]


def collect(domain: str, since: datetime, confirmed: Iterable[int], sandbox: Sandbox) -> Evidence:
    customers = User.objects.filter(email__endswith=f"@{domain}").select_related("contact")
    orders = Order.objects.filter(user__in=customers).order_by("pk")
    related = orders.select_related("user__contact", "payment")
    runs = Run.objects.filter(finished_at__gte=since)
    return Evidence(
        customers=list(customers),
        orders=list(related.prefetch_related("lines", "events", "failed_charges")),
        confirmed=set(confirmed),
        charges=by_order(sandbox.listed("/gateway/charges"), since),
        shipments=by_order(sandbox.listed("/carrier/shipments"), since),
        mails=by_recipient(sandbox.listed("/mail/messages"), since),
        contacts={contact["id"]: contact for contact in sandbox.listed("/crm/contacts")},
        sold=sold([f"order {order.pk}" for order in orders]),
        products=counted(),
        jobs=list(Job.objects.exclude(task__in=[REMINDER, *scheduled()])),
        letters=list(DeadLetter.objects.filter(died_at__gte=since)),
        runs=dict(runs.values_list("outcome").annotate(Count("pk")).order_by()),
        lost_receipts=runs.filter(task="notifications.send_receipt", outcome=Run.Outcome.LOST).count(),
    )


def scheduled() -> list[str]:
    """The tasks that the schedule sends at any moment, also at that of the count."""
    return [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]


def by_order(documents: list[Document], since: datetime) -> ByOrder:
    """Of the vendors' documents those of this run: an older shop may have had orders of the same number."""
    found: ByOrder = defaultdict(list)
    for document in documents:
        if datetime.fromisoformat(document["created_at"]) >= since:
            found[document["order"]].append(document)
    return found


def by_recipient(mails: list[Document], since: datetime) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for mail in mails:
        if datetime.fromisoformat(mail["date"]) >= since:
            found[mail["to"]].append(mail)
    return found


def sold(references: list[str]) -> dict[str, dict[int, int]]:
    moves = StockMove.objects.filter(reason=StockMove.Reason.SALE, reference__in=references)
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for reference, product, change in moves.values_list("reference", "product", "change"):
        found[reference][product] -= change
    return found


def counted() -> list[Product]:
    """Each product with what its moves add up to: in one statement, which sees a delivery whole or not at all."""
    return list(Product.objects.annotate(moved=Sum("moves__change", default=0)))
