"""Hardy's own tables: each is read and written where ``HARDY["DATABASE"]`` says, whatever a project's router thinks."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from hardy.conf import settings

Row = TypeVar("Row", bound=models.Model)


class LedgerManager(models.Manager[Row]):
    """Asks the ledger's database: what hardy wrote there is not looked for on a replica."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().using(settings.DATABASE)


class Table(models.Model):
    """A table of hardy's; what asks for its rows need not say where they are."""

    objects = LedgerManager()

    class Meta:
        abstract = True
