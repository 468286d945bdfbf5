from __future__ import annotations

from django.conf import settings
from django.db import models


class WeeklyDigest(models.Model):
    """A digest that was mailed. One customer gets one per week, however often the task runs."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests")
    week = models.DateField(help_text="The Monday on which it went out.")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-week", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "week"], name="one_digest_per_week")]

    def __str__(self) -> str:
        return f"digest of {self.week} for {self.user}"
