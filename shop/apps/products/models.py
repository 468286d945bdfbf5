"""What the shop sells, and why its stock is what it is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> ProductQuerySet:
        return self.filter(is_active=True)


class Product(models.Model):
    """Something the shop sells. `stock` is always the sum of its moves."""

    sku = models.CharField("SKU", max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=40, db_index=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stock = models.PositiveIntegerField(default=0)
    refill_below = models.PositiveIntegerField(
        default=10, help_text="Order from the supplier when stock falls below."
    )
    refill_to = models.PositiveIntegerField(default=40)
    picture = models.SlugField(max_length=60, blank=True, help_text="Name of the drawing that shows it.")
    is_active = models.BooleanField("on sale", default=True)

    supplier_stock = models.PositiveIntegerField(null=True, blank=True)
    supplier_price = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    synced_at = models.DateTimeField("supplier asked at", null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="stock_is_never_negative"),
            models.CheckConstraint(condition=Q(refill_to__gte=F("refill_below")), name="refill_raises_stock"),
        ]

    def __str__(self) -> str:
        return self.name


class StockMove(models.Model):
    """One change of a product's stock, and its reason."""

    class Reason(models.TextChoices):
        OPENING = "opening", "opening stock"
        DELIVERY = "delivery", "delivery from the supplier"
        SALE = "sale", "sold"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="moves")
    change = models.IntegerField()
    reason = models.CharField(max_length=20, choices=Reason.choices)
    reference = models.CharField(max_length=60, blank=True, help_text="The order or delivery behind it.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.change:+d} × {self.product} ({self.get_reason_display()})"
