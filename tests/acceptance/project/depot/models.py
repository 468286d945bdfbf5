"""What tasks leave behind, so that a test can count it."""

from __future__ import annotations

from django.db import models


class Effect(models.Model):
    """One thing a task did. Nothing is unique here: what is done twice shows twice."""

    name = models.CharField(max_length=255, db_index=True)
    job = models.CharField(max_length=255)
    pid = models.IntegerField()
    detail = models.TextField(blank=True, default="")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
