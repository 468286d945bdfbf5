"""What was asked, and what was done. Nothing is unique: what is done twice shows twice."""

from __future__ import annotations

from django.db import models


class Mark(models.Model):
    what = models.CharField(max_length=20)
    number = models.IntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.what} {self.number}"
