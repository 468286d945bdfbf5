"""What the warehouse knows, ready for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.warehouse.duck import warehouse

DAYS = 60
BEST = 10


class Day(NamedTuple):
    day: date
    orders: int
    items: int
    turnover: Decimal


class Category(NamedTuple):
    category: str
    items: int
    turnover: Decimal


class BestSeller(NamedTuple):
    """A product that sells well, and what the supplier still has of it."""

    sku: str
    items: int
    turnover: Decimal
    available: int | None


@dataclass(frozen=True)
class Aggregates:
    """The figures of the warehouse page."""

    days: list[Day]
    categories: list[Category]
    best_sellers: list[BestSeller]

    @property
    def turnover(self) -> Decimal:
        return sum((day.turnover for day in self.days), Decimal("0.00"))


def aggregates() -> Aggregates:
    """The last days, all categories, and the best sellers; empty until the warehouse was loaded."""
    with warehouse() as database:
        days = database.execute(
            "SELECT day, orders, items, turnover FROM daily_turnover ORDER BY day DESC LIMIT ?", [DAYS]
        ).fetchall()
        categories = database.execute(
            "SELECT category, sum(quantity)::BIGINT, sum(turnover) AS money "
            "FROM sales GROUP BY category ORDER BY money DESC, category"
        ).fetchall()
        best = database.execute(
            "SELECT sku, sum(quantity)::BIGINT, sum(turnover) AS money, any_value(available) "
            "FROM sales LEFT JOIN offers USING (sku) GROUP BY sku ORDER BY money DESC, sku LIMIT ?",
            [BEST],
        ).fetchall()
    return Aggregates(
        [Day(*row) for row in reversed(days)],
        [Category(*row) for row in categories],
        [BestSeller(*row) for row in best],
    )
