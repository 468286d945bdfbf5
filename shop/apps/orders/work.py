"""What happens to an order. Nothing here enqueues: the tasks decide what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from apps.core.vendors import Vendor
from apps.orders.models import Order, OrderEvent, OrderLine
from apps.products import work as stock
from apps.products.models import Product
from apps.users.models import User


@dataclass(frozen=True)
class Wanted:
    """So many of a product."""

    product: Product
    quantity: int


def create(user: User, wanted: Iterable[Wanted]) -> Order:
    """The order, with its stock taken; OutOfStock when there is too little. Belongs into a transaction."""
    # Always in the order of the products' keys: orders that take them crosswise would wait for each other.
    wanted = sorted(wanted, key=lambda item: item.product.pk)
    order = Order.objects.create(user=user, total=sum(item.product.price * item.quantity for item in wanted))
    for item in wanted:
        stock.take(item.product, item.quantity, reference=f"order {order.pk}")
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=item.product, quantity=item.quantity, unit_price=item.product.price)
        for item in wanted
    )
    record(order.pk, OrderEvent.Kind.PLACED)
    return order


def record(order_id: int, kind: OrderEvent.Kind, detail: str = "") -> None:
    """Add a line to the order's timeline, in the transaction that makes it true."""
    OrderEvent.objects.create(order_id=order_id, kind=kind, detail=detail[:300])


def hand_to_carrier(order: Order) -> str:
    """The tracking number of the order's parcel: the same one, however often it is asked for."""
    parcel = {"order": order.pk, "items": sum(line.quantity for line in order.lines.all())}
    shipment = Vendor("carrier").call("POST", "/shipments", key=f"parcel-{order.reference}", json=parcel)
    return str(shipment["tracking_number"])


def mark_packed(order_id: int) -> bool:
    """Whether this was the first time: only then the timeline says so."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.events.filter(kind=OrderEvent.Kind.PACKED).exists():
            return False
        record(order_id, OrderEvent.Kind.PACKED)
        return True


def mark_shipped(order_id: int, tracking_number: str) -> bool:
    """Whether the order was shipped by this call: the update finds it only while it is being processed."""
    with transaction.atomic():
        shipped = Order.objects.filter(pk=order_id, status=Order.Status.PROCESSING).update(
            status=Order.Status.SHIPPED, tracking_number=tracking_number
        )
        if shipped:
            record(order_id, OrderEvent.Kind.SHIPPED, f"Tracking number {tracking_number}")
    return bool(shipped)
