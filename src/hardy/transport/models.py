"""The mailboxes of ``hardy://``: who reads what is published to an exchange, and what nobody has read yet."""

from __future__ import annotations

from django.db import models

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, Name


class Binding(Table):
    """A queue that gets what is published to an exchange: how control, events and broadcasts find their readers."""

    id = models.BigAutoField(primary_key=True)
    exchange = models.CharField(max_length=NAME)
    routing_key = models.CharField(max_length=NAME, blank=True)
    queue = Name(max_length=NAME, db_index=True)
    seen_at = MomentField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exchange", "routing_key", "queue"], name="hardy_binding_once")
        ]

    def __str__(self) -> str:
        return f"{self.exchange} → {self.queue}"


class MailboxMessage(Table):
    """A message in a mailbox: control commands, their replies, events, broadcasts. Never a job."""

    id = models.BigAutoField(primary_key=True)
    mailbox = Name(max_length=NAME, db_index=True)
    payload = models.TextField()
    posted_at = MomentField(db_index=True)

    def __str__(self) -> str:
        return f"{self.mailbox}: {self.id}"
