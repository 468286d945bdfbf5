"""A row of any model that is written, or written over, together with the end of an attempt.

Called, it is a statement of its own. On PostgreSQL it can be a part of the statement that ends the attempt: one round
trip instead of four.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections, models
from django.db.models.constants import OnConflict

#: Fields whose text goes to the database as it is; a field class of someone else's may change it.
PLAIN_TEXT = (models.CharField, models.TextField)


@dataclass(frozen=True, slots=True)
class Upsert:
    """One row for the database ``using``. An older row with the same ``unique`` fields keeps only its ``kept`` ones."""

    using: str
    model: type[models.Model]
    values: tuple[Any, ...]
    unique: tuple[str, ...]
    kept: tuple[str, ...]

    @classmethod
    def of(
        cls, row: models.Model, using: str, *, unique: Collection[str], kept: Collection[str] = ()
    ) -> Upsert:
        """Take the values that saving ``row`` now would write."""
        connection, model = connections[using], type(row)
        values = (_prepared(field, field.pre_save(row, add=True), connection) for field in _fields(model))
        return cls(using, model, tuple(values), tuple(unique), tuple(kept))

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells one row from another: a later upsert with the same key takes the place of an earlier one."""
        names = [field.name for field in _fields(self.model)]
        return self.model, *(self.values[names.index(name)] for name in self.unique)

    def __call__(self) -> None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(self.statement(), self.values)

    def statement(self, source: str = "") -> str:
        """Return the statement; given a ``source``, a part of a WITH, it writes only if that part has a row."""
        return _statement(
            connections[self.using].vendor, self.using, self.model, self.unique, self.kept, source
        )


# Composing it takes longer than most of what Python does for an end, and a project has a handful of them.
@lru_cache(maxsize=64)
def _statement(
    vendor: str,
    using: str,
    model: type[models.Model],
    unique: tuple[str, ...],
    kept: tuple[str, ...],
    source: str,
) -> str:
    """``vendor`` is there for the cache alone: tests let a name stand for one database after the other."""
    operations, fields = connections[using].ops, _fields(model)
    columns = ", ".join(operations.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = f"SELECT {marks} FROM {source}" if source else f"VALUES ({marks})"
    written_over = [field.column for field in fields if field.name not in (*unique, *kept)]
    on_conflict = operations.on_conflict_suffix_sql(fields, OnConflict.UPDATE, written_over, unique)
    return f"INSERT INTO {operations.quote_name(model._meta.db_table)} ({columns}) {values} {on_conflict}"


def _prepared(field: Any, value: Any, connection: Any) -> Any:
    """What the database gets for ``value``. Of plain text columns, most of a result's row, it is the text itself."""
    if type(field) in PLAIN_TEXT and (value is None or type(value) is str):
        return value
    return field.get_db_prep_save(value, connection)


def _fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]
