from __future__ import annotations

from django.conf import settings
from django.db import models


class Contact(models.Model):
    """A customer as the CRM knows them; its number is the CRM's number."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact")
    crm_revision = models.PositiveIntegerField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"CRM contact of {self.user}"
