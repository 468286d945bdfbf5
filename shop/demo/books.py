"""The books: whether the shop's side and the vendors' side of every order agree. What is off is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.orders.models import Order, OrderEvent
from apps.payments.models import Card, Payment
from demo.evidence import Document, Evidence

Off = Iterator[str]
Kind = OrderEvent.Kind


@dataclass(frozen=True)
class Page:
    """One page of the books: what was looked at, and every entry that is off."""

    title: str
    entries: int
    off: list[str]
    note: str = ""

    @property
    def balances(self) -> bool:
        return not self.off


def pages(evidence: Evidence) -> list[Page]:
    """Everything that is checked, in the order of an order's way."""
    return [
        page("every order that was confirmed is there", evidence.confirmed, missing, evidence),
        page("every order has come to its end", evidence.orders, unended, evidence),
        page("each paid order is charged once", evidence.paid, mischarged, evidence),
        page("no unpaid order is charged", unpaid(evidence), charged_though_unpaid, evidence),
        page("each card that fails for good is on the staff's table", unpaid(evidence), untabled, evidence),
        page("each paid order is mailed its receipt once", evidence.paid, mismailed, evidence, copies(evidence)),
        page("each customer is welcomed once", evidence.customers, unwelcomed, evidence),
        page("each paying customer is in the CRM", evidence.customers, unknown_to_crm, evidence),
        page("each paid order is shipped once, as the carrier says", evidence.paid, misshipped, evidence),
        page("stock is taken once for each order", evidence.orders, mistaken, evidence),
        page("every product's stock is the sum of its moves", evidence.products, miscounted, evidence),
        Page("nothing is left in the ledger", attempts(evidence), [f"{job} is {job.state}" for job in evidence.jobs]),
        Page("no task is a dead letter", attempts(evidence), [f"{one}: {one.error}" for one in evidence.letters]),
    ]  # fmt: skip


def page(
    title: str, subjects: Any, check: Callable[[Any, Evidence], Off], evidence: Evidence, note: str = ""
) -> Page:
    off = [words for subject in sorted(subjects, key=number) for words in check(subject, evidence)]
    return Page(title, len(subjects), off, note)


def number(subject: Any) -> int:
    return int(getattr(subject, "pk", subject))


def attempts(evidence: Evidence) -> int:
    return sum(evidence.runs.values())


def unpaid(evidence: Evidence) -> list[Order]:
    return [order for order in evidence.orders if order not in evidence.paid]


def missing(order: int, evidence: Evidence) -> Off:
    if order not in {known.pk for known in evidence.orders}:
        yield f"order {order} was confirmed and is not in the database"


def unended(order: Order, evidence: Evidence) -> Off:
    if order.status not in (Order.Status.SHIPPED, Order.Status.PAYMENT_FAILED):
        yield f"{order} is still {order.get_status_display()}"
    for kind in (Kind.CHARGED, Kind.RECEIPT_SENT, Kind.CRM_SYNCED, Kind.PACKED, Kind.SHIPPED):
        times = sum(event.kind == kind for event in order.events.all())
        if times != (order.status == Order.Status.SHIPPED):
            yield f'{order}: "{kind.label}" stands {times} times in its timeline'


def mischarged(order: Order, evidence: Evidence) -> Off:
    charges = evidence.charges.get(order.pk, [])
    if len(charges) != 1:
        yield f"{order} was charged {len(charges)} times"
        return
    if Decimal(charges[0]["amount"]) != order.total:
        yield f"{order} costs {order.total} and was charged {charges[0]['amount']}"
    if charges[0]["id"] != order.payment.charge_id:
        yield f"{order} says charge {order.payment.charge_id}, and the gateway {charges[0]['id']}"


def charged_though_unpaid(order: Order, evidence: Evidence) -> Off:
    if charges := evidence.charges.get(order.pk, []):
        yield f"{order} is {order.get_status_display()} and was charged {len(charges)} times"


def untabled(order: Order, evidence: Evidence) -> Off:
    waiting = [failure for failure in order.failed_charges.all() if failure.retried_at is None]
    if len(waiting) != 1:
        yield f"{order} is not paid and stands {len(waiting)} times on the staff's table"
    if order.payment.card != Card.DECLINED or order.payment.status != Payment.Status.OPEN:
        yield f"{order} is not paid though its card is good"


def mismailed(order: Order, evidence: Evidence) -> Off:
    receipts = len({mail["message_id"] for mail in evidence.receipts(order)})
    if receipts != 1:
        yield f"{order} was mailed {receipts} receipts"
    if second_copies(evidence) > evidence.lost_receipts and len(evidence.receipts(order)) > 1:
        yield f"{order}: the receipt came {len(evidence.receipts(order))} times, and no kill explains it"


def copies(evidence: Evidence) -> str:
    """Mail is at least once: a worker that is killed between the server's yes and its own mark sends again."""
    if not (count := second_copies(evidence)):
        return ""
    return f"{count} came twice under one Message-ID: the worker was killed right after the mail server had taken it"


def second_copies(evidence: Evidence) -> int:
    return sum(max(0, len(evidence.receipts(order)) - 1) for order in evidence.paid)


def unwelcomed(customer: Any, evidence: Evidence) -> Off:
    welcomes = len({mail["message_id"] for mail in evidence.welcomes(customer)})
    if welcomes != 1:
        yield f"{customer} was welcomed {welcomes} times"


def unknown_to_crm(customer: Any, evidence: Evidence) -> Off:
    paid = [order for order in evidence.paid if order.user_id == customer.pk]
    if not paid:
        return
    record: Document = evidence.contacts.get(str(customer.contact.pk), {})
    spent = sum((order.total for order in paid), Decimal(0))
    ours = {"email": customer.email, "orders": len(paid), "spent": f"{spent:.2f}"}
    theirs = {name: record.get(name) for name in ours}
    if theirs != ours:
        numbers = ", ".join(f"order {order.pk}" for order in paid)
        yield f"{customer} ({numbers}): the CRM says {theirs}, and should say {ours}"


def misshipped(order: Order, evidence: Evidence) -> Off:
    numbers = [shipment["tracking_number"] for shipment in evidence.shipments.get(order.pk, [])]
    if numbers != [order.tracking_number]:
        ours = order.tracking_number or "no tracking number"
        yield f"{order} has {ours}, and the carrier {', '.join(numbers) or 'no parcel'}"


def mistaken(order: Order, evidence: Evidence) -> Off:
    wanted = {line.product_id: line.quantity for line in order.lines.all()}
    if (taken := dict(evidence.sold.get(f"order {order.pk}", {}))) != wanted:
        yield f"{order} wants {wanted} and took {taken} from stock"


def miscounted(product: Any, evidence: Evidence) -> Off:
    if product.stock != product.moved:
        yield f"{product} has {product.stock} in stock, and its moves say {product.moved}"
