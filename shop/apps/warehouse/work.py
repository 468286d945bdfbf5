"""From sources to the warehouse: fetched as they are, transformed into rows, loaded in one transaction.

What is handed from task to task is the path of a file in the warehouse's folder, for rows are many and the
result of a task should be small.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db.models import Count, F, Max, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.orders.models import Order, OrderLine
from apps.products import work as products
from apps.warehouse.duck import folder, warehouse
from apps.warehouse.models import Source

KEPT_SECONDS = 24 * 60 * 60

Row = dict[str, Any]
PAID = [Order.Status.PROCESSING, Order.Status.SHIPPED]


def fetch(source: Source) -> Path:
    """The source's rows as the source has them."""
    forget_old_files()
    rows = products.supplier_feed() if source.kind == Source.Kind.SUPPLIER else sold_lines()
    return staged(f"{source.kind}-fetched", {"source": source.pk}, rows)


def sold_lines() -> Iterator[Row]:
    lines = OrderLine.objects.filter(order__status__in=PAID).annotate(
        day=TruncDate("order__placed_at"), sku=F("product__sku"), category=F("product__category")
    )
    return lines.values("order_id", "day", "sku", "category", "quantity", "unit_price").iterator()


def transform(fetched: Path) -> Path:
    """The same rows as the warehouse wants them; those that make no sense are left out."""
    head, rows = unstaged(fetched)
    source = Source.objects.get(pk=head["source"])
    shaped = sale if source.kind == Source.Kind.ORDERS else offer
    return staged(f"{source.kind}-transformed", head, filter(None, map(shaped, rows)))


def sale(row: Row) -> Row:
    turnover = Decimal(row["unit_price"]) * row["quantity"]
    return {
        **{name: row[name] for name in ("order_id", "day", "sku", "category", "quantity")},
        "turnover": turnover,
    }


def offer(row: Row) -> Row | None:
    parsed = products.Offer.parse(row)
    return {"sku": parsed.sku, "available": parsed.available, "price": parsed.price} if parsed else None


def load(transformed: Path) -> int:
    """Replace the source's rows in the warehouse, all at once; returns how many there are."""
    head, rows = unstaged(transformed)
    source = Source.objects.get(pk=head["source"])
    table = "sales" if source.kind == Source.Kind.ORDERS else "offers"
    values = [tuple(row.values()) for row in rows]
    replace_rows(table, values)
    Source.objects.filter(pk=source.pk).update(rows=len(values), loaded_at=timezone.now())
    return len(values)


def replace_rows(table: str, values: list[tuple[Any, ...]]) -> None:
    with warehouse() as database:
        database.execute(f"DELETE FROM {table}")  # noqa: S608  one of our own names
        if values:
            marks = ", ".join("?" for _ in values[0])
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608


def staged(name: str, head: Row, rows: Iterable[Row]) -> Path:
    """The rows in a file of their own, one to a line, below its head."""
    file = folder() / f"{name}-{uuid4().hex}.jsonl"
    with file.open("w") as lines:
        for row in (head, *rows):
            lines.write(json.dumps(row, default=str) + "\n")
    return file


def unstaged(file: Path) -> tuple[Row, Iterator[Row]]:
    lines = map(json.loads, file.read_text().splitlines())
    return next(lines), lines


def forget_old_files() -> None:
    """Files are kept for a while after their use: the task that read one may run again."""
    for file in folder().glob("*.jsonl"):
        if time.time() - file.stat().st_mtime > KEPT_SECONDS:
            file.unlink(missing_ok=True)


# --- turnover by day: counted in chunks, side by side, and added up -----------------------------------------


def chunks(size: int) -> list[list[int]]:
    """The paid orders, cut into [first, last] spans of keys that may be counted apart."""
    ends = Order.objects.filter(status__in=PAID).aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    return [
        [start, min(start + size - 1, ends["last"])] for start in range(ends["first"], ends["last"] + 1, size)
    ]


def count_chunk(first: int, last: int) -> list[Row]:
    """Turnover by day of the orders in a span."""
    days = (
        OrderLine.objects.filter(order__status__in=PAID, order_id__gte=first, order_id__lte=last)
        .annotate(day=TruncDate("order__placed_at"))
        .values("day")
        .annotate(
            orders=Count("order", distinct=True),
            items=Sum("quantity"),
            turnover=Sum(F("quantity") * F("unit_price")),
        )
        .order_by("day")
    )
    return [{**day, "day": str(day["day"]), "turnover": str(day["turnover"])} for day in days]


def add_up(counts: Iterable[list[Row]]) -> int:
    """Put the turnover of all chunks, day by day, into the warehouse; returns the number of days."""
    days: dict[str, list[Any]] = {}
    for row in (row for count in counts for row in count):
        day = days.setdefault(row["day"], [0, 0, Decimal(0)])
        day[0] += row["orders"]
        day[1] += row["items"]
        day[2] += Decimal(row["turnover"])
    replace_rows("daily_turnover", [(day, *sums) for day, sums in sorted(days.items())])
    return len(days)
