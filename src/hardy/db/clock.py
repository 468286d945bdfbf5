"""The database's clock, as expressions for Django's query sets."""

from __future__ import annotations

from django.db.models import DateTimeField
from django.db.models.expressions import RawSQL

from hardy.db.dialect import dialect_of, ledger_connection


def seconds_from_now(amount: float) -> RawSQL:
    """Return the ledger's present plus ``amount`` seconds (negative: ago)."""
    dialect = dialect_of(ledger_connection())
    return RawSQL(dialect.later, [dialect.seconds(amount)], output_field=DateTimeField())  # noqa: S611
