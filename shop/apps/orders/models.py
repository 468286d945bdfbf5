"""Orders: what was bought, how far it is, and what has happened to it."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.products.models import Product


class OrderQuerySet(models.QuerySet["Order"]):
    def seen_by(self, user) -> OrderQuerySet:  # type: ignore[no-untyped-def]
        """An order is seen by its owner and by staff."""
        return self if user.is_staff else self.filter(user_id=user.pk)

    def unpaid(self) -> OrderQuerySet:
        return self.filter(status__in=[Order.Status.PENDING, Order.Status.PAYMENT_FAILED])


class Order(models.Model):
    """A customer's order."""

    class Status(models.TextChoices):
        PENDING = "pending", "waiting for payment"
        PAYMENT_FAILED = "payment_failed", "payment failed"
        PROCESSING = "processing", "paid, being packed"
        SHIPPED = "shipped", "shipped"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    # Vendors know an order by this, not by its number: it is unique for ever, whatever database it came from.
    reference = models.UUIDField(default=uuid4, unique=True, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    tracking_number = models.CharField(max_length=60, blank=True)
    receipt_sent_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "placed_at"], name="orders_by_status")]

    def __str__(self) -> str:
        return f"order {self.pk}"


class OrderLine(models.Model):
    """So many of one product, at the price of that day."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="one_line_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="at_least_one_per_line"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    @property
    def price(self):  # type: ignore[no-untyped-def]
        return self.quantity * self.unit_price


class OrderEvent(models.Model):
    """One line of an order's timeline, written in the transaction that made it true."""

    class Kind(models.TextChoices):
        PLACED = "placed", "Order placed"
        CHARGED = "charged", "Paid"
        CHARGE_FAILED = "charge_failed", "Payment failed"
        CHARGE_RETRIED = "charge_retried", "Payment tried again"
        RECEIPT_SENT = "receipt_sent", "Receipt mailed"
        CRM_SYNCED = "crm_synced", "Customer record updated"
        PACKED = "packed", "Packed"
        SHIPPED = "shipped", "Shipped"
        REMINDED = "reminded", "Reminder mailed"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}"
