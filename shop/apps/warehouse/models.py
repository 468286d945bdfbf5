from __future__ import annotations

from django.db import models


class Source(models.Model):
    """Something the warehouse is loaded from."""

    class Kind(models.TextChoices):
        ORDERS = "orders", "the shop's orders"
        SUPPLIER = "supplier", "the supplier's feed"

    kind = models.CharField(max_length=20, choices=Kind.choices, unique=True)
    rows = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.get_kind_display()
