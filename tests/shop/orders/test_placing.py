"""Placing an order: all of it or nothing of it."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db.models import Sum

from apps.orders import services
from apps.orders.models import Order, OrderEvent
from apps.orders.services import Wanted
from apps.products.models import Product, StockMove
from apps.products.work import OutOfStock

Kind = OrderEvent.Kind


def test_an_order_goes_from_placed_to_shipped(place, sandbox):
    order = place()

    [charge] = sandbox.call("GET", "/gateway/charges").body
    [shipment] = sandbox.call("GET", "/carrier/shipments").body
    [contact] = sandbox.call("GET", "/crm/contacts").body
    assert order.status == Order.Status.SHIPPED
    assert (charge["order"], charge["amount"]) == (order.pk, "25.00")
    assert order.tracking_number == shipment["tracking_number"]
    assert contact["email"] == "ann@example.com"
    assert [message.subject for message in mail.outbox] == [f"Your receipt for order {order.pk}"]


def test_the_timeline_tells_what_happened_in_order(place):
    order = place()

    assert [event.kind for event in order.events.all()] == [
        Kind.PLACED,
        Kind.CHARGED,
        Kind.RECEIPT_SENT,
        Kind.CRM_SYNCED,
        Kind.PACKED,
        Kind.SHIPPED,
    ]


def test_stock_is_taken_and_adds_up(place, product):
    place(quantity=3)

    product.refresh_from_db()
    assert product.stock == 7 == StockMove.objects.aggregate(sum=Sum("change"))["sum"]


def test_too_little_stock_leaves_nothing_behind(sandbox, customer, product):
    plenty = Product.objects.create(sku="B", name="Bell", price=5, stock=50, category="Desk")

    with pytest.raises(OutOfStock, match="Only 10 left of Mug; 11 were asked for"):
        services.place_order(customer, [Wanted(plenty, 1), Wanted(product, 11)])

    plenty.refresh_from_db()
    assert plenty.stock == 50
    assert not Order.objects.exists()
    assert sandbox.call("GET", "/gateway/charges").body == []


def test_a_product_that_is_not_on_sale_is_not_sold(customer, product):
    Product.objects.update(is_active=False)

    with pytest.raises(OutOfStock):
        services.place_order(customer, [Wanted(product, 1)])


def test_the_price_of_the_day_stays_with_the_order(place, product):
    order = place(quantity=2)

    Product.objects.update(price=99)

    assert [str(line.price) for line in order.lines.all()] == ["25.00"]
    assert str(Order.objects.get().total) == "25.00"
