"""When each schedule entry last fired, whichever beat process fired it."""

from __future__ import annotations

from hardy.db.moment import MomentField
from hardy.db.table import Table
from hardy.ledger.models import Name


class Firing(Table):
    """The last time an entry of any schedule was sent. The row is locked while a beat process decides."""

    entry = Name(max_length=255, primary_key=True)
    fired_at = MomentField(null=True)

    def __str__(self) -> str:
        return f"{self.entry}: {self.fired_at}"
