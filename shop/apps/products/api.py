from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import filters, serializers, viewsets
from rest_framework.permissions import AllowAny

from apps.products.models import Product
from apps.products.serializers import ProductSerializer

ORDERINGS = ["name", "-name", "price", "-price", "stock", "-stock"]


class ProductQuery(serializers.Serializer):
    """What may be asked of the list, beside its pages and `search`."""

    category = serializers.CharField(required=False, allow_blank=True, help_text="Only this category.")
    ordering = serializers.ChoiceField(ORDERINGS, default="name")


@extend_schema_view(list=extend_schema(parameters=[ProductQuery]))
class Products(viewsets.ReadOnlyModelViewSet[Product]):
    """What the shop sells."""

    queryset = Product.objects.on_sale()
    serializer_class = ProductSerializer
    permission_classes = [AllowAny]
    filter_backends = [filters.SearchFilter]
    search_fields = ["name", "description", "sku"]
    lookup_value_converter = "int"

    def filter_queryset(self, queryset: QuerySet[Product]) -> QuerySet[Product]:
        query = ProductQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        chosen = queryset.filter(category=asked["category"]) if asked.get("category") else queryset
        return super().filter_queryset(chosen.order_by(asked["ordering"], "pk"))
