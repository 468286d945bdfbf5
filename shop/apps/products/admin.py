from __future__ import annotations

from django.contrib import admin

from apps.core.admin import Unchangeable
from apps.products.models import Product, StockMove


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "sku", "category", "price", "stock", "supplier_stock", "is_active"]
    list_filter = ["category", "is_active"]
    search_fields = ["name", "sku", "description"]
    readonly_fields = [
        "stock",
        "supplier_stock",
        "supplier_price",
        "synced_at",
    ]  # stock changes by moves only


@admin.register(StockMove)
class StockMoveAdmin(Unchangeable):
    list_display = ["at", "product", "change", "reason", "reference"]
    list_filter = ["reason"]
    search_fields = ["product__name", "product__sku", "reference"]
    list_select_related = ["product"]
