"""Charts as plain numbers; a template draws them as SVG, so no script is needed to see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import ceil, floor, log10

from apps.warehouse.queries import DAYS, Category, Day

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 12, 28
WIDEST_BAR = 46
MOST_LABELS = 8
TICKS = 4


@dataclass(frozen=True)
class Bar:
    """A column of the chart: where it stands, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    words: str
    label: str


@dataclass(frozen=True)
class Tick:
    """A line across the chart, and its number."""

    y: float
    label: str


@dataclass(frozen=True)
class Columns:
    """Turnover by day."""

    bars: list[Bar]
    ticks: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM

    @classmethod
    def of(cls, days: Sequence[Day]) -> Columns:
        days = every_day(days)
        step = step_for(max((day.turnover for day in days), default=Decimal(0)))
        top = step * TICKS
        return cls(
            [bar(number, day, len(days), top) for number, day in enumerate(days)],
            [Tick(level(step * number, top), f"{step * number:,}") for number in range(TICKS + 1)],
        )


@dataclass(frozen=True)
class Share:
    """A row of a bar chart: how long it is, in hundredths of the longest."""

    name: str
    items: int
    turnover: Decimal
    percent: int


def every_day(days: Sequence[Day]) -> list[Day]:
    """The last days, with those on which nothing was sold, so that a gap looks like one."""
    if not days:
        return []
    known = {day.day: day for day in days}
    count = min((days[-1].day - days[0].day).days + 1, DAYS)
    dates = [days[-1].day - timedelta(days=ago) for ago in reversed(range(count))]
    return [known.get(date, Day(date, 0, 0, Decimal("0.00"))) for date in dates]


def step_for(highest: Decimal) -> int:
    """The round number that, counted four times, reaches above all bars."""
    wanted = max(float(highest) / TICKS, 1)
    magnitude = 10 ** floor(log10(wanted))
    return ceil(next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= wanted))


def level(value: float, top: float) -> float:
    room = HEIGHT - TOP - BOTTOM
    return round(HEIGHT - BOTTOM - room * value / top, 1)


def bar(number: int, day: Day, count: int, top: int) -> Bar:
    slot = (WIDTH - LEFT - RIGHT) / count
    width = min(slot * 0.72, WIDEST_BAR)
    middle = LEFT + slot * (number + 0.5)
    y = level(float(day.turnover), top)
    every = max(1, ceil(count / MOST_LABELS))
    orders = "1 order" if day.orders == 1 else f"{day.orders} orders"
    return Bar(
        x=round(middle - width / 2, 1),
        y=y,
        width=round(width, 1),
        height=round(HEIGHT - BOTTOM - y, 1),
        middle=round(middle, 1),
        words=f"{day.day:%d.%m.%Y}: {day.turnover} EUR, {orders}",
        label=f"{day.day.day}.{day.day.month}." if number % every == 0 else "",
    )


def shares(categories: Sequence[Category]) -> list[Share]:
    highest = max((category.turnover for category in categories), default=Decimal(0)) or Decimal(1)
    return [
        Share(name, items, turnover, max(1, round(100 * turnover / highest)))
        for name, items, turnover in categories
    ]
