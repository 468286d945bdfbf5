"""When people were last alerted: a row for each alert and channel, so that of many processes one sends."""

from __future__ import annotations

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import NAME, Name


class Alarm(Table):
    """When an alert last went out by a channel."""

    channel = Name(max_length=NAME, primary_key=True)
    sent_at = MomentField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.channel}: {self.sent_at}"
