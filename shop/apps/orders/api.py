from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.wire import JSON
from apps.orders import services
from apps.orders.models import Order
from apps.orders.serializers import OrderSerializer, PaySerializer, PlaceOrderSerializer
from apps.payments.services import charge_again
from apps.products.work import OutOfStock


class Orders(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]):
    """One's own orders; the staff sees all."""

    queryset = Order.objects.select_related("payment").prefetch_related(
        "lines__product", "events", "failed_charges"
    )
    serializer_class = OrderSerializer
    parser_classes = [JSON]
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Order]:
        return super().get_queryset().seen_by(self.request.user)

    @extend_schema(request=PlaceOrderSerializer, responses={201: OrderSerializer})
    def create(self, request: Request) -> Response:
        """Place an order. It is charged, packed and shipped by tasks: watch its timeline."""
        asked = valid(PlaceOrderSerializer(data=request.data))
        try:
            order = services.place_order(request.user, asked["lines"], asked["card"])
        except OutOfStock as error:
            raise serializers.ValidationError({"lines": out_of_stock(asked["lines"], error)}) from error
        return Response(self.get_serializer(self.get_queryset().get(pk=order.pk)).data, status=201)

    @extend_schema(request=PaySerializer, responses={202: OrderSerializer})
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, pk: int) -> Response:
        """Charge again an order whose payment failed, to the same card or to another."""
        order = self.get_object()
        if not charge_again(order, request.user, valid(PaySerializer(data=request.data)).get("card")):
            raise serializers.ValidationError({"detail": f"This order is {order.get_status_display()}."})
        return Response(self.get_serializer(self.get_object()).data, status=202)


def valid(serializer: serializers.Serializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def out_of_stock(lines: list[services.Wanted], error: OutOfStock) -> dict[str, dict[str, list[str]]]:
    """The error at the line it belongs to, counted from 0."""
    number = [line.product for line in lines].index(error.product)
    return {str(number): {"quantity": [str(error)]}}
