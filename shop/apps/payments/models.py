"""Payments, and those that need a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.orders.models import Order


class Card(models.TextChoices):
    """The gateway's two test cards. A real shop would hold a token of the gateway, and never a number."""

    GOOD = "4242424242424242", "a card that pays"
    DECLINED = "4000000000000002", "a card that is declined"


class Payment(models.Model):
    """How an order is paid. There is one per order, so there is one idempotency key to charge it with."""

    class Status(models.TextChoices):
        OPEN = "open", "not charged"
        CHARGED = "charged", "charged"

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="payment")
    card = models.CharField(max_length=19, choices=Card.choices, default=Card.GOOD)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    # The id of the task that charges. It stays while nobody knows whether the gateway took the money.
    idempotency_key = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    charge_id = models.CharField(max_length=60, blank=True)
    charged_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"payment of {self.order} ({self.get_status_display()})"


class FailedCharge(models.Model):
    """A charge that was given up: the dead-letter table for manual review."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="failed_charges")
    error = models.TextField()
    task_id = models.CharField(max_length=255, blank=True)
    failed_at = models.DateTimeField(auto_now_add=True)
    retried_at = models.DateTimeField(null=True, blank=True)
    retried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        permissions = [("retry_failedcharge", "Can charge again")]

    def __str__(self) -> str:
        return f"failed charge of {self.order}"
