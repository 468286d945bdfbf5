from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.fields import LARGEST_KEY, WholeNumber
from apps.orders.models import Order, OrderEvent, OrderLine
from apps.orders.services import Wanted
from apps.payments.models import Card, Payment
from apps.products.models import Product

MOST_LINES = 50
MOST_PER_LINE = 99


class WantedSerializer(serializers.Serializer):
    """So many of a product."""

    product = WholeNumber(min_value=1, max_value=LARGEST_KEY)
    quantity = WholeNumber(min_value=1, max_value=MOST_PER_LINE)


class PlaceOrderSerializer(serializers.Serializer):
    """`POST /api/orders/`."""

    lines = WantedSerializer(many=True, min_length=1, max_length=MOST_LINES)
    card = serializers.ChoiceField(
        Card.choices, default=Card.GOOD, help_text="One of the gateway's test cards."
    )

    def validate_lines(self, lines: list[dict[str, int]]) -> list[Wanted]:
        on_sale = Product.objects.on_sale().in_bulk([line["product"] for line in lines])
        errors = {str(n): line_error(line, lines[:n], on_sale) for n, line in enumerate(lines)}
        if any(errors.values()):
            raise serializers.ValidationError({n: error for n, error in errors.items() if error})
        return [Wanted(on_sale[line["product"]], line["quantity"]) for line in lines]


def line_error(
    line: dict[str, int], before: list[dict[str, int]], on_sale: dict[int, Product]
) -> dict[str, Any]:
    if line["product"] not in on_sale:
        return {"product": ["There is no such product on sale."]}
    if line["product"] in [other["product"] for other in before]:
        return {"product": ["This product stands in another line already."]}
    return {}


class PaySerializer(serializers.Serializer):
    """`POST /api/orders/<id>/pay/`."""

    card = serializers.ChoiceField(Card.choices, required=False, help_text="Another card than before.")


class OrderLineSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="product.name")
    price = serializers.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        model = OrderLine
        fields = ["product", "name", "quantity", "unit_price", "price"]


class PaymentSerializer(serializers.ModelSerializer):
    """How the order is paid; `error` is why it is not, once that was given up."""

    card = serializers.SerializerMethodField(help_text="The last four digits.")
    error = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = ["status", "card", "attempts", "charged_at", "error"]

    def get_card(self, payment: Payment) -> str:
        return payment.card[-4:]

    def get_error(self, payment: Payment) -> str:
        if payment.order.status != Order.Status.PAYMENT_FAILED:
            return ""
        failed = payment.order.failed_charges.first()
        return failed.error if failed else ""


class OrderEventSerializer(serializers.ModelSerializer):
    text = serializers.CharField(source="get_kind_display")

    class Meta:
        model = OrderEvent
        fields = ["kind", "text", "detail", "at"]


class OrderSerializer(serializers.ModelSerializer):
    """An order, with all that has happened to it."""

    status_text = serializers.CharField(source="get_status_display")
    lines = OrderLineSerializer(many=True)
    payment = PaymentSerializer()
    timeline = OrderEventSerializer(source="events", many=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "status",
            "status_text",
            "total",
            "currency",
            "placed_at",
            "lines",
            "payment",
            "tracking_number",
            "timeline",
        ]
