from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models


class ReportQuerySet(models.QuerySet["Report"]):
    def seen_by(self, user) -> ReportQuerySet:  # type: ignore[no-untyped-def]
        """A report is seen by whoever asked for it, and by staff."""
        return self if user.is_staff else self.filter(user_id=user.pk)


class Report(models.Model):
    """A PDF that somebody asked for."""

    class Scope(models.TextChoices):
        MINE = "mine", "my orders"
        SHOP = "shop", "all orders of the shop"

    class Status(models.TextChoices):
        REQUESTED = "requested", "waiting"
        BUILDING = "building", "being built"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports")
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.MINE)
    first_day = models.DateField()
    last_day = models.DateField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    error = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"report {self.pk}, {self.first_day} to {self.last_day}"

    @property
    def file(self) -> Path:
        return Path(settings.SHOP_DATA) / "reports" / f"report-{self.pk}.pdf"
