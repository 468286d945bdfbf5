"""Moments put into spans of equal length, by the database, in UTC whatever its time zone."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, IntegerField


class Bucket(Func):
    """The number of the span of ``seconds`` in which a moment lies, counted from 1970."""

    output_field = IntegerField()

    def __init__(self, moment: str, seconds: int = 1, **extra: Any) -> None:
        super().__init__(moment, seconds=int(seconds), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "FLOOR(DATE_PART('epoch', %(expressions)s) / %(seconds)s)::bigint"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / %(seconds)s"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "TIMESTAMPDIFF(SECOND, '1970-01-01', %(expressions)s) DIV %(seconds)s"
        return self.as_sql(compiler, connection, template=template, **context)
