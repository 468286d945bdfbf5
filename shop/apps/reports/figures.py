"""What a report tells: the orders of a period, and what they add up to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils.timezone import make_aware

from apps.orders.models import Order
from apps.reports.models import Report

MOST_BARS = 31


@dataclass(frozen=True)
class Row:
    """One order in the report's table."""

    number: int
    day: date
    customer: str
    status: str
    items: int
    total: Decimal


def whole_days(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the first and the last moment of these days: a range that an index serves."""
    moments = datetime.combine(first, time.min), datetime.combine(last, time.max)
    return make_aware(moments[0]), make_aware(moments[1])


@dataclass(frozen=True)
class Figures:
    """A report's contents, read from the database and ready to be printed."""

    title: str
    first_day: date
    last_day: date
    rows: list[Row]

    @classmethod
    def of(cls, report: Report) -> Figures:
        orders = Order.objects.filter(placed_at__range=whole_days(report.first_day, report.last_day))
        if report.scope == Report.Scope.MINE:
            orders = orders.filter(user_id=report.user_id)
        whose = "all customers" if report.scope == Report.Scope.SHOP else report.user.email
        counted = orders.select_related("user").annotate(items=Sum("lines__quantity")).order_by("pk")
        return cls(
            f"Orders of {whose}", report.first_day, report.last_day, [row_of(order) for order in counted]
        )

    @property
    def total(self) -> Decimal:
        return sum((row.total for row in self.rows), Decimal("0.00"))

    def bars(self) -> list[tuple[str, float]]:
        """The turnover by day, or by as many days as keep the chart readable."""
        width = max(1, -(-((self.last_day - self.first_day).days + 1) // MOST_BARS))
        sums: dict[int, float] = defaultdict(float)
        for row in self.rows:
            sums[(row.day - self.first_day).days // width] += float(row.total)
        count = (self.last_day - self.first_day).days // width + 1
        days = [self.first_day + timedelta(days=number * width) for number in range(count)]
        return [(f"{day.day}.{day.month}.", sums[number]) for number, day in enumerate(days)]


def row_of(order: Order) -> Row:
    return Row(
        number=order.pk,
        day=order.placed_at.date(),
        customer=order.user.email,
        status=order.get_status_display(),
        items=order.items or 0,  # type: ignore[attr-defined]  # annotated above
        total=order.total,
    )
