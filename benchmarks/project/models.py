"""The one table that a body writes to."""

from __future__ import annotations

from django.db import models


class Row(models.Model):
    number = models.IntegerField()

    class Meta:
        app_label = "project"

    def __str__(self) -> str:
        return str(self.number)
