"""A column for a point in time, kept in UTC on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

#: Databases without a type for a point in time. Django keeps local time there if ``DATABASES[…]["TIME_ZONE"]`` names
#: a zone, while hardy's own statements write what the database's clock says in UTC.
WITHOUT_ZONES = ("sqlite", "mysql")


class MomentField(models.DateTimeField):  # type: ignore[type-arg]
    """Django's ``DateTimeField``, but in UTC whatever ``DATABASES[…]["TIME_ZONE"]`` says."""

    def get_internal_type(self) -> str:
        """Return a name of its own: by that of ``DateTimeField`` Django would convert to the database's zone."""
        return "MomentField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return models.DateTimeField().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if connection.vendor not in WITHOUT_ZONES:
            return super().get_db_prep_value(value, connection, prepared)
        moment = value if prepared else self.get_prep_value(value)
        if isinstance(moment, datetime):
            in_utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
            return str(in_utc)
        return moment

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None or connection.vendor not in WITHOUT_ZONES:
            return value
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=UTC) if settings.USE_TZ and moment.tzinfo is None else moment


class IsMoment(models.Func):
    """True of a column that holds a time: SQLite keeps any text there, of which no driver reads most."""

    arity = 1
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *template: Any, **extra: Any) -> Any:
        """Return what is always true: the column has a type."""
        return "1 = 1", ()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return whether SQLite reads the same time in the text as the text says: not in 30 February."""
        column, params = compiler.compile(self.get_source_expressions()[0])
        # No space behind these commas: Django, asked to describe the table, takes what follows one for a column.
        form, seconds = "'%%Y-%%m-%%d %%H:%%M:%%S'", f"substr({column},1,19)"
        # Moved by nothing, a time is counted anew: else SQLite leaves such a day as it is.
        is_right = (
            f"strftime({form}, {column}) IS {seconds} AND strftime({form}, {seconds}, '+0 days') IS {seconds}"
        )
        return f"({is_right})", tuple(params) * 5
